/** Lines of sums as `sha256sum` writes and reads them (GNU coreutils manual, "cksum general options"). */

export interface SumLine {
  treeHash: string;
  name: string;
}

/** `HEX␠␠NAME`; a name with a backslash, newline or carriage return is escaped and the line begins with `\`. */
export function formatSumLine({ treeHash, name }: SumLine): string {
  if (!/[\\\n\r]/.test(name)) return `${treeHash}  ${name}`;
  const escaped = name.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  return `\\${treeHash}  ${escaped}`;
}

/** null for a line that is no sum. */
export function parseSumLine(line: string): SumLine | null {
  const match = /^(\\?)([0-9a-fA-F]{64}) [ *](.+)$/s.exec(line);
  if (!match) return null;
  const [, mark, treeHash = '', name = ''] = match;
  const plain = mark
    ? name.replace(/\\([\\nr])/g, (_, letter) => ({ n: '\n', r: '\r' })[letter as 'n'] ?? '\\')
    : name;
  return { treeHash: treeHash.toLowerCase(), name: plain };
}
