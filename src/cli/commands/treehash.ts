import { type FileHandle, open } from 'node:fs/promises';
import { errnoOf, GlacierUpError } from '../../errors.js';
import { rangeText } from '../../glacier/byte-range.js';
import { hashFile } from '../../treehash/hash-file.js';
import { hashStream } from '../../treehash/hash-stream.js';
import { HashPool } from '../../treehash/pool.js';
import { formatSumLine, parseSumLine } from '../../treehash/sum-lines.js';
import type { CommandSpec } from '../command.js';
import type { CommandRun } from '../command-run.js';
import { parsePartSize } from '../option-values.js';
import { visibleLine } from '../output/visible.js';

export const treehashCommand: CommandSpec = {
  name: 'treehash',
  summary: 'print or check SHA-256 tree hashes of files',
  operands: '[file...]',
  operandHelp: 'files; - or nothing reads standard input',
  description: [
    'Prints the SHA-256 tree hash of each file in the manner of sha256sum, hashing on all processors. For a file of up to 1 MiB it is the plain SHA-256; for larger ones it is not.',
    'With --check the operands are lists of such lines, and each file named in them is checked.',
  ],
  options: [
    { flags: '-c, --check', help: 'check the files named in lists of tree hashes' },
    {
      flags: '--parts <size>',
      help: 'print the range and tree hash of each part of this size too',
      parse: parsePartSize,
    },
  ],
  examples: [
    { command: 'treehash backup.tar > backup.tar.treehash', does: 'note the tree hash of a file' },
    { command: 'treehash --check backup.tar.treehash', does: 'check it' },
    { command: 'treehash --parts 64M backup.tar', does: 'the hashes that ListParts should show' },
  ],
  exitCodes: [],
  seeAlso: ['upload', 'list-parts', 'complete'],
  run,
};

interface Hashes {
  treeHash: string;
  sizeBytes: number;
  rangeTreeHashes: Buffer[];
}

async function run(command: CommandRun, operands: string[]): Promise<void> {
  const { context, options } = command;
  const files = operands.length === 0 ? ['-'] : operands;
  if (options.check && options.parts !== undefined) {
    throw new GlacierUpError('usage', '--parts prints hashes, --check reads them: give one of them');
  }
  const pool = new HashPool(context.workers.hash, context.processors);
  try {
    for (const file of files) {
      command.signal.throwIfAborted();
      await (options.check ? checkList(command, pool, file) : printHash(command, pool, file));
    }
  } finally {
    await pool.close();
  }
}

async function printHash(command: CommandRun, pool: HashPool, name: string): Promise<void> {
  const { reporter, options } = command;
  const rangeBytes = typeof options.parts === 'number' ? options.parts : undefined;
  let hashes: Hashes;
  try {
    hashes = await hashNamed(command, pool, name, rangeBytes);
  } catch (error) {
    command.fail(sumFailure(error), name);
    return;
  }
  const { treeHash, sizeBytes, rangeTreeHashes } = hashes;
  if (rangeBytes !== undefined) {
    for (const [index, raw] of rangeTreeHashes.entries()) {
      const start = index * rangeBytes;
      const range = rangeText({ start, end: Math.min(start + rangeBytes, sizeBytes) });
      const partTreeHash = raw.toString('hex');
      if (reporter.isJson)
        reporter.json({ type: 'part-treehash', file: name, range, treeHash: partTreeHash });
      else reporter.line(`${partTreeHash}  ${range}`);
    }
  }
  if (reporter.isJson) reporter.json({ type: 'treehash', file: name, treeHash, sizeBytes });
  else reporter.raw(`${formatSumLine({ treeHash, name })}\n`);
}

async function checkList(command: CommandRun, pool: HashPool, list: string): Promise<void> {
  const { reporter } = command;
  let text: string;
  try {
    text = await readNamed(command, list);
  } catch (error) {
    command.fail(sumFailure(error), list);
    return;
  }
  const counts = { checked: 0, mismatched: 0, unreadable: 0, malformed: 0 };
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const sum = parseSumLine(line);
    if (sum === null) {
      counts.malformed += 1;
      continue;
    }
    counts.checked += 1;
    const outcome = await checkOne(command, pool, sum.name, sum.treeHash);
    if (outcome === 'FAILED') counts.mismatched += 1;
    if (outcome === 'FAILED open or read') counts.unreadable += 1;
    if (reporter.isJson) reporter.json({ type: 'check', file: sum.name, ok: outcome === 'OK', outcome });
    else if (outcome !== 'OK' || !command.options.quiet)
      reporter.line(`${visibleLine(sum.name)}: ${outcome}`);
  }
  const faults = faultsOf(counts);
  if (faults.length > 0) command.fail(new GlacierUpError('mismatch', faults.join('; ')), list);
  else if (counts.malformed > 0)
    reporter.note(
      `${visibleLine(list)}: ${counted(counts.malformed, 'line is', 'lines are')} improperly formatted`,
    );
}

function faultsOf(counts: { checked: number; mismatched: number; unreadable: number }): string[] {
  if (counts.checked === 0) return ['no properly formatted tree hash lines found'];
  const faults: string[] = [];
  if (counts.unreadable > 0)
    faults.push(`${counted(counts.unreadable, 'listed file', 'listed files')} could not be read`);
  if (counts.mismatched > 0) {
    faults.push(`${counted(counts.mismatched, 'computed tree hash', 'computed tree hashes')} did NOT match`);
  }
  return faults;
}

function counted(count: number, one: string, several: string): string {
  return `${count} ${count === 1 ? one : several}`;
}

async function checkOne(
  command: CommandRun,
  pool: HashPool,
  name: string,
  expected: string,
): Promise<string> {
  try {
    const { treeHash } = await hashNamed(command, pool, name);
    return treeHash === expected ? 'OK' : 'FAILED';
  } catch (error) {
    command.reporter.note(`${visibleLine(name)}: ${sumFailure(error).message}`);
    return 'FAILED open or read';
  }
}

async function hashNamed(
  { context }: CommandRun,
  pool: HashPool,
  name: string,
  rangeBytes?: number,
): Promise<Hashes> {
  const ranges = rangeBytes === undefined ? {} : { rangeBytes };
  if (name === '-') return hexed(await hashStream(context.stdin as AsyncIterable<Buffer>, ranges));
  const file = await open(name, 'r');
  try {
    const stats = await file.stat();
    // Files like those of /proc have size 0 and yet bytes; devices and pipes have no size: read to the end.
    if (!stats.isFile() || stats.size === 0) return hexed(await hashStream(streamOf(file), ranges));
    const hashed = await hashFile(pool, { fd: file.fd, sizeBytes: stats.size, ...ranges });
    return hexed({ ...hashed, sizeBytes: stats.size });
  } finally {
    await file.close();
  }
}

function streamOf(file: FileHandle): AsyncIterable<Buffer> {
  return file.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>;
}

function hexed({
  treeHash,
  sizeBytes,
  rangeTreeHashes,
}: {
  treeHash: Buffer;
  sizeBytes: number;
  rangeTreeHashes: Buffer[];
}): Hashes {
  return { treeHash: treeHash.toString('hex'), sizeBytes, rangeTreeHashes };
}

async function readNamed({ context }: CommandRun, name: string): Promise<string> {
  if (name !== '-') {
    const file = await open(name, 'r');
    try {
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  }
  const pieces: Buffer[] = [];
  for await (const piece of context.stdin) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces).toString('utf8');
}

/** Like the sum tools of coreutils, `treehash` exits 1 whatever is wrong with a file. */
function sumFailure(error: unknown): GlacierUpError {
  const reasons: Record<string, string> = {
    ENOENT: 'No such file or directory',
    EACCES: 'Permission denied',
    EISDIR: 'Is a directory',
  };
  const errno = errnoOf(error);
  const message = (errno && reasons[errno]) ?? (error instanceof Error ? error.message : String(error));
  return new GlacierUpError('failed', message, { cause: error });
}
