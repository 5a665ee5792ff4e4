/** A list of names for archives, written by a person or made from another tool's records. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { GlacierUpError } from '../../../errors.js';
import { faultWords } from '../../../os/fault-words.js';
import type { RestoreRequest } from '../../../whole-vault/restore/plan-names.js';

/**
 * Reads lines `ARCHIVE-ID NAME`, with blanks, a tab or a comma between; a name with a comma before it may stand in double
 * quotes, as CSV has it. Empty lines and lines that begin with `#` say nothing.
 * @throws GlacierUpError `archive-unusable` when it cannot be read; `usage` naming a line without an ID and a name
 */
export async function readNames(file: string): Promise<NonNullable<RestoreRequest['names']>> {
  const entries = new Map<string, string>();
  const hash = createHash('sha256');
  let number = 0;
  try {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      number += 1;
      const text = number === 1 ? line.replace(/^\ufeff/, '') : line;
      if (text.trim() === '' || text.startsWith('#')) continue;
      const entry = entryIn(text);
      if (entry === null) throw noEntry(file, number);
      entries.set(entry.archiveId, entry.name);
      hash.update(`${entry.archiveId}\0${entry.name}\0`);
    }
  } catch (cause) {
    if (cause instanceof GlacierUpError) throw cause;
    throw new GlacierUpError('archive-unusable', `the names ${file}: ${faultWords(cause)}`, { cause });
  }
  return { entries, sha256: hash.digest('hex') };
}

function entryIn(line: string): { archiveId: string; name: string } | null {
  const fields = /^([\w-]+)(?:[ \t]*(,)[ \t]*|[ \t]+)(\S.*)$/.exec(line);
  if (!fields) return null;
  const [, archiveId = '', comma, rest = ''] = fields;
  const name = comma === undefined ? rest : unquoted(rest);
  return name === '' ? null : { archiveId, name };
}

function unquoted(text: string): string {
  const quoted = /^"((?:[^"]|"")*)"[ \t]*$/.exec(text);
  return quoted ? (quoted[1] ?? '').replaceAll('""', '"') : text;
}

function noEntry(file: string, number: number): GlacierUpError {
  return new GlacierUpError('usage', `line ${number} of ${file} is not an archive ID and a name`, {
    hint: 'write on each line: ARCHIVE-ID NAME',
  });
}
