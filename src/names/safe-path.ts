/** A path below a folder, made of a name that anybody may have written. */
import { createHash } from 'node:crypto';
import type { NameReading } from './name-reading.js';

/** Of Linux's file systems; in UTF-16 units, those of Windows and macOS are never shorter. */
const longestPartBytes = 255;

/** C0, DEL and C1, which are commands to a terminal, and halves of characters, which no file system keeps. */
const unsafe =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  /[\u0000-\u001f\u007f-\u009f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const reservedByWindows = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\.|$)/i;

export interface PathRules {
  /** The path is one of Windows: backslashes separate, and a drive letter begins it. See `namesAsWindows`. */
  isWindowsPath?: boolean;
  /** The file is made on Windows, or on a file system of it: what it cannot have in a name is replaced. */
  forWindows?: boolean;
}

/** Whether the tool that wrote a description names files as Windows does. */
export function namesAsWindows({ writer }: Pick<NameReading, 'writer'>): boolean {
  return writer === 'cloudberry';
}

/**
 * The name as a relative path with `/`, which joined to a folder stays within it. As `tar` does, it drops what leads to
 * the last `..`, and the root; `C:` becomes a folder `C`. Control characters become `_`, and a part too long for a file
 * system keeps its beginning, a hash of the whole, and its extension. Different names may give one path: see
 * `collisionKey`.
 * @returns null when nothing is left
 */
export function safeRelativePath(name: string, rules: PathRules = {}): string | null {
  const { isWindowsPath = false, forWindows = false } = rules;
  const text = name.replace(unsafe, '_').replace(isWindowsPath ? /^[A-Za-z]:/ : /(?!)/, '$&/');
  const parts = text.split(isWindowsPath || forWindows ? /[\\/]/ : '/');
  const safe = parts
    .slice(parts.lastIndexOf('..') + 1)
    .filter((part) => part !== '' && part !== '.')
    .map((part) => part.replace(/^([A-Za-z]):$/, '$1'))
    .map((part) => (forWindows ? allowedByWindows(part) : part))
    .map(shortened);
  return safe.length === 0 ? null : safe.join('/');
}

/** Paths with the same key may be one file: on macOS and Windows names that differ in case or composition are. */
export function collisionKey(path: string): string {
  return path.normalize('NFD').toLowerCase().normalize('NFC');
}

function allowedByWindows(part: string): string {
  const allowed = part.replace(/[<>:"|?*]/g, '_').replace(/[. ]$/, '_');
  return reservedByWindows.test(allowed) ? `_${allowed}` : allowed;
}

/** Cut between characters; the hash keeps apart what differs after the cut. */
function shortened(part: string): string {
  if (Buffer.byteLength(part) <= longestPartBytes) return part;
  const hash = createHash('sha256').update(part).digest('hex').slice(0, 12);
  const extension = /\.[^.]{1,16}$/.exec(part)?.[0] ?? '';
  const end = `~${hash}${extension}`;
  let beginning = '';
  let room = longestPartBytes - Buffer.byteLength(end);
  for (const character of part) {
    room -= Buffer.byteLength(character);
    if (room < 0) break;
    beginning += character;
  }
  return beginning + end;
}
