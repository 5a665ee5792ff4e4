/** Parsers of option values. Strict: what could mean two things is refused, with what was probably meant. */
import { type ByteRange, parseRangeText } from '../../glacier/byte-range.js';
import { isLegalPartSize, isUploadId, nearestLegalPartSizes, vaultNameFault } from '../../glacier/limits.js';
import { globTest } from '../../names/glob.js';
import { templateFault } from '../../transfer/description.js';
import { sizeText } from '../output/units.js';
import { InvalidValue } from '../parser/invalid-value.js';
import { exclusionOf } from './exclusion.js';

const powers: Record<string, number> = { '': 0, K: 1, M: 2, G: 3, T: 4 };

/** `64M`, `64MiB`, `67108864` → bytes. K, M, G and T are powers of 1024; other ways of writing are refused. */
export function parseSize(text: string): number {
  const match = /^(\d+)(?:([KMGTkmgt])(?:iB)?)?$/.exec(text);
  if (!match) throw new InvalidValue(sizeHint(text));
  const sizeBytes = Number(match[1]) * 1024 ** (powers[(match[2] ?? '').toUpperCase()] ?? 0);
  if (!Number.isSafeInteger(sizeBytes)) throw new InvalidValue('It is too large.');
  return sizeBytes;
}

function sizeHint(text: string): string {
  const decimal = /^(\d+)([KMGT])B$/i.exec(text);
  if (decimal) {
    const unit = decimal[2]?.toUpperCase();
    return `Write ${decimal[1]}${unit} for ${decimal[1]} ${unit}iB; ${text} could mean powers of 1000.`;
  }
  return 'Write a whole number of bytes, or with K, M, G or T: 67108864, 64M, 64MiB.';
}

/** Every legal part size, as one writes it: `1M` to `4G`. */
export const partSizeValues: readonly string[] = [
  '1M',
  '2M',
  '4M',
  '8M',
  '16M',
  '32M',
  '64M',
  '128M',
  '256M',
  '512M',
  '1G',
  '2G',
  '4G',
];

/** A legal part size in bytes; the error names the nearest legal ones. */
export function parsePartSize(text: string): number {
  const sizeBytes = parseSize(text);
  if (isLegalPartSize(sizeBytes)) return sizeBytes;
  const nearest = nearestLegalPartSizes(sizeBytes)
    .map((legal) => sizeText(legal).replace(/ ([MG])iB/, '$1'))
    .join(' or ');
  throw new InvalidValue(
    `A part size is a power of two from 1 MiB to 4 GiB; the nearest to ${text} is ${nearest}.`,
  );
}

/** Bytes a second, at least 1. */
export function parseRate(text: string): number {
  const rate = parseSize(text);
  if (rate < 1) throw new InvalidValue('A rate of 0 would never send anything.');
  return rate;
}

/** Bytes, at least 1. */
export function parseExpectedSize(text: string): number {
  const sizeBytes = parseSize(text);
  if (sizeBytes < 1) throw new InvalidValue('Glacier stores no archive of 0 bytes.');
  return sizeBytes;
}

const durationUnits: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const yearMs = 365.25 * 86_400_000;
const longestDurationMs = 100 * yearMs;
/** A timer of Node's that is longer than 2^31 - 1 ms fires at once. */
const longestTimeoutMs = 24 * 86_400_000;

/** `30s`, `15m`, `2h30m`, `0` → milliseconds. */
export function parseDuration(text: string): number {
  if (text === '0') return 0;
  if (!/^(\d+(ms|s|m|h|d))+$/.test(text)) {
    throw new InvalidValue('Write a number with ms, s, m, h or d: 30s, 15m, 2h30m; or 0.');
  }
  let durationMs = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|s|m|h|d)/g)) {
    durationMs += Number(count) * (durationUnits[unit ?? ''] ?? 0);
  }
  if (durationMs > longestDurationMs) throw new InvalidValue('It is longer than 100 years.');
  return durationMs;
}

/** `2020-01-31`, `2020-01-31T12:00:00Z` → ISO 8601 in UTC, with milliseconds. */
export function parseTime(text: string): string {
  const isDate = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text);
  const timeMs = isDate ? Date.parse(text) : Number.NaN;
  // A day that does not exist, such as 2021-02-29, would be taken for the next one.
  const isThere = !Number.isNaN(timeMs) && Number(text.slice(8, 10)) <= daysOf(text);
  if (isThere) return new Date(timeMs).toISOString();
  throw new InvalidValue('Write a date, or a time with its zone: 2020-01-31, 2020-01-31T12:00:00Z.');
}

function daysOf(text: string): number {
  return new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate();
}

/** A pattern for names: see `globTest`. */
export function parseGlob(text: string): string {
  return parsePattern(text, text !== '' && globTest(text) !== null);
}

/** A pattern for what to leave out: see `exclusionOf`. */
export function parseExclusion(text: string): string {
  return parsePattern(text, exclusionOf(text) !== null);
}

function parsePattern(text: string, isPattern: boolean): string {
  if (isPattern) return text;
  throw new InvalidValue('It is no pattern: a "[" needs its "]", and a backslash something to follow it.');
}

/** A whole number of at least 1. */
export function parseCount(text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  if (count < 1 || !Number.isSafeInteger(count)) throw new InvalidValue('Write a whole number from 1 on.');
  return count;
}

/** `25`, `0.5`: an amount of money in the currency of the prices. */
export function parseAmount(text: string): number {
  const amount = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(amount)) throw new InvalidValue('Write an amount as a number: 25, 0.50.');
  return amount;
}

/** A duration that is not 0, and that a timer can hold. */
export function parseTimeout(text: string): number {
  const durationMs = parseDuration(text);
  if (durationMs === 0) throw new InvalidValue('A time limit of 0 would fail every request.');
  if (durationMs > longestTimeoutMs) throw new InvalidValue('The longest time limit is 24d.');
  return durationMs;
}

/** A whole number from 1 to 64. */
export function parseConcurrency(text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > 64) throw new InvalidValue('Write a whole number from 1 to 64.');
  return count;
}

/** A TCP port; 0 for a free one. @throws InvalidValue */
export function parsePort(text: string): number {
  const port = /^\d+$/.test(text) ? Number(text) : -1;
  if (port < 0 || port > 65_535) throw new InvalidValue('Write a number from 0 (a free port) to 65535.');
  return port;
}

/** 1 to 255 characters of A-Z a-z 0-9 _ - . (API page "Create Vault"). @throws InvalidValue */
export function parseVaultName(text: string): string {
  const fault = vaultNameFault(text);
  if (fault !== null) throw new InvalidValue(`This is no vault name: ${fault}.`);
  return text;
}

/**
 * At most 1,024 printable ASCII characters once its placeholders are filled in (API page "Initiate Multipart
 * Upload"). @throws InvalidValue
 */
export function parseDescription(text: string): string {
  const fault = templateFault(text);
  if (fault === null) return text;
  throw new InvalidValue(`Glacier does not take this description: ${fault}.`);
}

/** An upload ID as the service writes them. @throws InvalidValue */
export function parseUploadId(text: string): string {
  if (isUploadId(text)) return text;
  throw new InvalidValue('An upload ID has only A-Z a-z 0-9 - and _.');
}

/** An archive ID as the service writes them. @throws InvalidValue */
export function parseArchiveId(text: string): string {
  if (isUploadId(text)) return text;
  throw new InvalidValue('An archive ID has only A-Z a-z 0-9 - and _.');
}

/** A job ID as the service writes them. @throws InvalidValue */
export function parseJobId(text: string): string {
  if (isUploadId(text)) return text;
  throw new InvalidValue('A job ID has only A-Z a-z 0-9 - and _.');
}

/** `0-1048575`, both ends inclusive. */
export function parseRange(text: string): ByteRange {
  const range = parseRangeText(text);
  if (range) return range;
  throw new InvalidValue('Write first and last byte, both inclusive: 0-1048575.');
}

/** A SHA-256 tree hash in hex, in lower case afterwards. @throws InvalidValue */
export function parseTreeHash(text: string): string {
  if (/^[0-9a-fA-F]{64}$/.test(text)) return text.toLowerCase();
  throw new InvalidValue('A tree hash has 64 hexadecimal digits.');
}

/** `-`, or the account's number; hyphens within it are taken out, as AWS prints it with them. */
export function parseAccountId(text: string): string {
  if (text === '-') return text;
  const digits = text.replaceAll('-', '');
  if (/^\d{12}$/.test(digits)) return digits;
  throw new InvalidValue('Write - for the account of the credentials, or its number of 12 digits.');
}

/** Plain HTTP is for this machine only: a part sent in the clear can be read and changed on the way. */
export function parseEndpointUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new InvalidValue('Write a URL, for example https://glacier.eu-west-1.amazonaws.com.');
  }
  if (url.username || url.password) throw new InvalidValue('A URL with a name or password is not taken.');
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback)) return text.replace(/\/+$/, '');
  throw new InvalidValue('Only https:// is taken, and http:// to this machine itself.');
}

/** A name that is not empty: an empty value is a variable that was not set. */
export function parseName(text: string): string {
  if (text === '') throw new InvalidValue('It is empty.');
  return text;
}
