/** Lines of sums as `sha256sum` writes and reads them (GNU coreutils manual, "cksum general options"). */

export interface SumLine {
  /** Lower-case hex. */
  treeHash: string;
  name: string;
}

export interface SumFormat {
  /** `SHA256-TREE (NAME) = HEX`, which no other sum tool takes for a plain SHA-256. */
  tag?: boolean;
  /** NUL at the end instead of newline, and names as they are. */
  zero?: boolean;
}

const tagName = 'SHA256-TREE';

/** A name as it stands in a line; `mark` is the backslash that begins a line whose name is escaped. */
export function escapedName(name: string): { mark: '' | '\\'; name: string } {
  if (!/[\\\n\r]/.test(name)) return { mark: '', name };
  const escaped = name.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  return { mark: '\\', name: escaped };
}

/** `HEX␠␠NAME`, with its line end. */
export function formatSumLine(sum: SumLine, { tag = false, zero = false }: SumFormat = {}): string {
  const { mark, name } = zero ? { mark: '', name: sum.name } : escapedName(sum.name);
  const line = tag ? `${tagName} (${name}) = ${sum.treeHash}` : `${sum.treeHash}  ${name}`;
  return `${mark}${line}${zero ? '\0' : '\n'}`;
}

/** Reads the lines of one list. It remembers which form they have: a list has one. */
export class SumLineReader {
  /** In the "reversed" form of the BSDs one space stands before the name, which may then begin with a space. */
  #isReversed: boolean | undefined;

  /** @returns null for a line that is no sum */
  read(line: string): SumLine | null {
    const [, mark, rest = ''] = /^[ \t]*(\\?)(.*)$/s.exec(line) ?? [];
    const sum = rest.startsWith(tagName) ? readTagged(rest) : this.#readPlain(rest);
    const name = sum && mark ? unescapedName(sum.name) : sum?.name;
    return sum && name ? { treeHash: sum.treeHash.toLowerCase(), name } : null;
  }

  #readPlain(text: string): SumLine | null {
    const [, treeHash, rest = ''] = /^([0-9a-fA-F]{64})[ \t](.+)$/s.exec(text) ?? [];
    if (treeHash === undefined) return null;
    const hasMode = rest.length > 1 && /^[ *]/.test(rest);
    // The two forms are not mixed: else a list could make ` name` of `name`.
    if (!hasMode && this.#isReversed === false) return null;
    this.#isReversed ??= !hasMode;
    return { treeHash, name: this.#isReversed ? rest : rest.slice(1) };
  }
}

function readTagged(text: string): SumLine | null {
  const match = /^SHA256-TREE ?\((.*)\)[ \t]*=[ \t]*([0-9a-fA-F]{64})$/s.exec(text);
  return match ? { name: match[1] ?? '', treeHash: match[2] ?? '' } : null;
}

/** null when a backslash stands before anything it cannot stand before. */
function unescapedName(name: string): string | null {
  if (/\\(?![\\nr])/.test(name.replaceAll('\\\\', ''))) return null;
  return name.replace(/\\([\\nr])/g, (_, letter: string) =>
    letter === 'n' ? '\n' : letter === 'r' ? '\r' : '\\',
  );
}
