/** Which archives the options choose, and the list that they may name. */
import { readFile } from 'node:fs/promises';
import { GlacierUpError } from '../../errors.js';
import { faultWords } from '../../os/fault-words.js';
import { unlessAborted } from '../../unless-aborted.js';
import type { Filters } from '../../whole-vault/filters.js';
import { NameList } from '../../whole-vault/name-list.js';
import type { CommandRun } from '../command/command-run.js';
import type { filterOptions } from './plan-options.js';

/** A command that chooses archives. */
type FilteringRun = CommandRun<typeof filterOptions>;

const newline = 0x0a;

/** @throws GlacierUpError `usage` when the options contradict each other; `archive-unusable` when the list cannot be read */
export async function readFilters(
  command: FilteringRun,
): Promise<{ filters: Filters; list: NameList | null }> {
  const { options } = command;
  const { filesFrom } = options;
  const list = filesFrom === undefined ? null : await readList(command, filesFrom);
  const filters: Filters = {
    match: options.match ?? null,
    after: options.after ?? null,
    before: options.before ?? null,
    olderThanMs: options.olderThan ?? null,
    largerThanBytes: options.larger ?? null,
    smallerThanBytes: options.smaller ?? null,
    listSha256: list?.sha256 ?? null,
  };
  return { filters, list };
}

async function readList(command: FilteringRun, file: string): Promise<NameList> {
  const list = new NameList(entriesIn(await bytesOf(command, file), command.options.null === true));
  if (list.size > 0) return list;
  throw new GlacierUpError('usage', `the list ${file} names no archive`, {
    hint: 'write archive IDs or names into it, one a line',
  });
}

async function bytesOf({ context, signal }: FilteringRun, file: string): Promise<Buffer> {
  try {
    if (file !== '-') return await readFile(file, { signal });
    return await unlessAborted(signal, allOf(context.stdin));
  } catch (cause) {
    signal.throwIfAborted();

    throw new GlacierUpError('archive-unusable', `the list ${file}: ${faultWords(cause)}`, { cause });
  }
}

async function allOf(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

function entriesIn(bytes: Buffer, isNulTerminated: boolean): string[] {
  const entries: string[] = [];
  const end = isNulTerminated ? 0 : newline;
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(end, start);
    const stop = found === -1 ? bytes.length : found;
    const entry = bytes.toString('utf8', start, stop);
    // A list made on Windows.
    entries.push(isNulTerminated ? entry : entry.replace(/\r$/, ''));
    start = stop + 1;
  }
  return entries;
}
