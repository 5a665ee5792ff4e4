/**
 * FastGlacier, v1 to v4, and the programs that write the same: QNAP Hybrid Backup Sync, CrushFTP, Survtur Glacier,
 * GlacialBackup. The number of the version does not tell which. Source: "File Metadata Format" of FastGlacier; v1 and v2
 * from samples.
 */
import { compactTime } from './file-times.js';
import type { NameReading } from './name-reading.js';
import { base64Bytes, utf8Text } from './strict-text.js';

/** What GlacialBackup writes when it does not know the time. */
const unknownTime = '19010101T010101Z';

/**
 * The path is base64, so no XML escape ever occurs: tags are all that is to be read.
 * @returns null for a description in another format
 */
export function readFastGlacier(description: string): NameReading | null {
  const [, root] = /^\s*<(m|ArchiveMetadata)>.*<\/\1>\s*$/s.exec(description) ?? [];
  const encoded = root === undefined ? null : contentOf(description, root === 'm' ? 'p' : 'Path');
  const bytes = encoded === null ? null : base64Bytes(encoded);
  const path = bytes && utf8Text(bytes);
  if (path === null) return null;
  const time = contentOf(description, 'lm');
  return {
    name: path === '' ? null : path,
    ...otherReading(path),
    modifiedAt: time === unknownTime ? null : compactTime(time),
    writer: 'fastglacier',
    ...(path.endsWith('/') ? { isFolder: true } : {}),
    ...contentCoding(contentOf(description, 'ce')),
  };
}

function contentOf(description: string, tag: string): string | null {
  return new RegExp(`<${tag}>\\s*([^<]*?)\\s*</${tag}>`).exec(description)?.[1] ?? null;
}

/** GlacialBackup puts a `;` for each `/`, and does not escape one that is there. */
function otherReading(path: string): Partial<NameReading> {
  return path.startsWith('glacial_backup;') ? { otherName: path.replaceAll(';', '/') } : {};
}

/** `COMPRESSED:ENCRYPTED:MD5:SIZE`, without the size in v3. */
function contentCoding(text: string | null): Partial<NameReading> {
  const fields = /^([01]):([01])(?::([0-9a-f]{32})?)?(?::(\d{1,15})?)?$/i.exec(text ?? '');
  if (!fields) return {};
  const [, compressed, encrypted, md5, size] = fields;
  const isKnown = md5 !== undefined || size !== undefined;
  return {
    ...(compressed === '1' ? { isCompressed: true } : {}),
    ...(encrypted === '1' ? { isEncrypted: true } : {}),
    ...(isKnown
      ? {
          original: { md5: md5?.toLowerCase() ?? null, sizeBytes: size === undefined ? null : Number(size) },
        }
      : {}),
  };
}
