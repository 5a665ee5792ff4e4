/** Which files a command is about: those named on the command line, in a list, or below a folder. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { GlacierUpError } from '../../../errors.js';
import { faultWords } from '../../../os/fault-words.js';
import { pathText, systemPath } from '../../../os/path-bytes.js';
import { type Exclusion, exclusionOf } from '../../options/exclusion.js';
import { visibleLine } from '../../output/visible.js';
import type { UploadRun } from './options.js';
import { walkFolder } from './walk-folder.js';

export interface FileNames {
  /** Each name once, in a stable order; read as it is asked for. */
  names: Iterable<string> | AsyncIterable<string>;
  /** How many there will be; null: not known. */
  total: number | null;
  /** Throws what is wrong with a name that was found. @returns false when it is to be skipped, which is said */
  isToBeArchived(name: string): boolean;
}

/** @throws GlacierUpError `usage` when none is named, and, while it is read, for a list that cannot be */
export function fileNames(command: UploadRun, operands: readonly string[]): FileNames {
  const { options, reporter } = command;
  const isList = options.filesFrom !== undefined || options.recursive === true;
  if (operands.length === 0 && options.filesFrom === undefined) {
    throw new GlacierUpError('usage', 'no file is named, and no list of files (--files-from)');
  }
  if (!isList) return { names: operands, total: operands.length, isToBeArchived: () => true };
  const skipped = new Set<string>();
  const faults = new Map<string, GlacierUpError>();

  const find = async function* (): AsyncGenerator<string, void> {
    const exclude = (options.exclude ?? [])
      .map(exclusionOf)
      .filter((rule): rule is Exclusion => rule !== null);
    const rules = { exclude, isOneFileSystem: options.oneFileSystem === true };
    for await (const name of listed(command, operands)) {
      if (!options.recursive || !(await isFolder(name))) {
        yield name;
        continue;
      }
      for await (const found of walkFolder(name, rules)) {
        if (found.isEmpty) skipped.add(found.name);
        if (found.fault) faults.set(found.name, found.fault);
        yield found.name;
      }
    }
  };
  return {
    names: find(),
    total: null,
    isToBeArchived: (name) => {
      const fault = faults.get(name);
      faults.delete(name);
      if (fault) throw fault;
      if (!skipped.delete(name)) return true;
      reporter.note(`${visibleLine(name)}: skipped, it is empty: Glacier stores no archive of 0 bytes`);
      return false;
    },
  };
}

async function isFolder(name: string): Promise<boolean> {
  const stats = await stat(systemPath(name)).catch(() => null);
  return stats?.isDirectory() === true;
}

/** Those on the command line first. */
async function* listed(
  { options, context }: UploadRun,
  operands: readonly string[],
): AsyncGenerator<string, void> {
  yield* operands;
  const { filesFrom: list } = options;
  if (list === undefined) return;
  const stream = list === '-' ? context.stdin : createReadStream(list);
  try {
    yield* namesIn(stream, options.null === true ? 0 : 0x0a);
  } catch (cause) {
    if (cause instanceof GlacierUpError) throw cause;
    throw new GlacierUpError('usage', `the list ${visibleLine(list)} cannot be read: ${faultWords(cause)}`, {
      cause,
    });
  }
}

/** The names in a list, each ended by this byte. Empty ones count for nothing. */
async function* namesIn(
  stream: AsyncIterable<string | Uint8Array>,
  end: number,
): AsyncGenerator<string, void> {
  let rest = Buffer.alloc(0);
  for await (const chunk of stream) {
    const bytes = Buffer.concat([rest, Buffer.from(chunk)]);
    let start = 0;
    for (let found = bytes.indexOf(end); found !== -1; found = bytes.indexOf(end, start)) {
      if (found > start) yield pathText(bytes.subarray(start, found));
      start = found + 1;
    }
    rest = bytes.subarray(start);
  }
  if (rest.length > 0) yield pathText(rest);
}
