/**
 * The journal of glacier-interface: one JSON object, in which each change of an archive is an entry. Source: pojo/journal
 * of ilijamt/glacier-interface.
 */
import { timeOf } from '../../names/file-times.js';
import { anyTime, archiveRecord, type RecordLine, refused, textOf } from './record.js';

/**
 * @param text of the whole file
 * @returns what its entries say, in their order and without what was deleted again; null when it is no such journal
 */
export function readGlacierInterfaceJournal(text: string): RecordLine[] | null {
  let journal: { journal?: unknown; name?: unknown };
  try {
    journal = JSON.parse(text);
  } catch {
    return null;
  }
  if (!Array.isArray(journal?.journal)) return null;
  const vault = textOf(journal.name);
  const lines = new Map<string, RecordLine>();
  for (const [index, entry] of journal.journal.entries()) {
    const fields = (typeof entry === 'object' && entry !== null ? entry : {}) as Record<string, unknown>;
    const key = textOf(fields.id) ?? `#${index}`;
    if (fields.state === 'DELETE') lines.delete(key);
    else if (fields.state === 'CREATE' || fields.state === undefined)
      lines.set(key, archiveOf(fields, vault));
    else if (fields.state !== 'DOWNLOAD') lines.set(`#${index}`, refused('its state is not known'));
  }
  return [...lines.values()];
}

function archiveOf(fields: Record<string, unknown>, vault: string | null): RecordLine {
  const { id, name, modifiedDate, createdDate, size, hash } = fields;
  // 0 stands for unknown.
  const modifiedAt = typeof modifiedDate === 'number' && modifiedDate !== 0 ? timeOf(modifiedDate) : null;
  return archiveRecord(
    { archiveId: id, vault, size, treeHash: hash, createdAt: anyTime(createdDate) },
    { name: textOf(name), modifiedAt, writer: 'glacier-interface' },
  );
}
