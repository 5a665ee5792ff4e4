/** The description that an archive gets: what its owner knows it by when nothing else is left. */
import { hostname } from 'node:os';
import { basename, normalize, resolve } from 'node:path';
import type { FileIdentity } from '../archive/identity.js';
import { GlacierUpError } from '../errors.js';
import { descriptionFault } from '../glacier/limits.js';
import { asciiEscaped, pathDescription } from '../names/glacier-up.js';
import { readDescription } from '../names/read-description.js';

/** What a description can be about: a file as the user named it, or an archive from a pipe, which has no times. */
export interface Described {
  readonly name: string;
  readonly identity?: Pick<FileIdentity, 'mtimeNs'>;
}

/** What a placeholder stands for. */
const placeholders = new Map<string, (subject: Described) => string>([
  ['path', pathText],
  ['name', ({ name }) => basename(name)],
  ['mtime', ({ identity }) => timeText(identity?.mtimeNs)],
  ['host', () => hostname()],
]);

/** `{word}`, a placeholder; or `{{word}}`, which stands for the text `{word}`. All other braces are text. */
const braced = /\{\{([A-Za-z]+)\}\}|\{([A-Za-z]+)\}/g;

/** What is wrong with the text of `--description`, for any file; null when nothing is. */
export function templateFault(template: string): string | null {
  const unknown = [...template.matchAll(braced)].find(
    ([, , name]) => name !== undefined && !placeholders.has(name),
  );
  if (unknown) {
    const names = [...placeholders.keys()].map((name) => `{${name}}`).join(', ');
    return `${unknown[0]} is none of ${names}; for the text itself write {${unknown[0]}}`;
  }
  return descriptionFault(template.replace(braced, 'x'));
}

/** Whether several files get different descriptions from it. */
export function isByFile(template: string): boolean {
  return [...template.matchAll(braced)].some(([, , name]) => name !== undefined && name !== 'host');
}

/**
 * The description of one archive.
 * @param template as `--description` gives it; the path when it is not given
 * @throws GlacierUpError `usage` when what comes of it is not one that the service takes
 */
export function describeArchive(subject: Described, template = '{path}'): string {
  const description = expand(template, subject);
  const fault = descriptionFault(description);
  if (fault === null) return description;
  throw new GlacierUpError('usage', `Glacier would not take the description of this file: ${fault}`, {
    hint: "give a --description that it takes, for example --description '{name}'",
  });
}

/**
 * What the template makes of the archive, whether the service takes it or not.
 * @throws GlacierUpError `usage` for the `{mtime}` of an archive from a pipe
 */
export function expand(template: string, subject: Described): string {
  // Nothing but a name, which is to be read back: in the form that AWS's own migration from vaults to S3 reads.
  if (template === '{path}' || template === '{name}')
    return nameText(valueFor(template.slice(1, -1), subject));
  return template.replace(braced, (_, literal: string | undefined, name: string) =>
    literal === undefined ? asciiText(valueFor(name, subject)) : `{${literal}}`,
  );
}

function valueFor(name: string, subject: Described): string {
  return placeholders.get(name)?.(subject) ?? '';
}

/**
 * The path as it was named, without what leads to it from the root or from the working folder. One that leads out of
 * the working folder is the whole path.
 */
function pathText({ name, identity }: Described): string {
  if (identity === undefined) return name;
  const path = normalize(name);
  return (path.startsWith('../') ? resolve(name) : path).replace(/^\/+/, '');
}

/**
 * A name that the service would not take becomes `{"Path":"…"}` with JSON escapes, and so does one that would be read back
 * as something else: `my%20file.pdf`, `mt2 …`.
 */
function nameText(name: string): string {
  if (descriptionFault(name) !== null) return pathDescription(name);
  const reading = readDescription(name);
  const isItself = reading.name === name && reading.otherName === undefined;
  const safe = isItself ? name : pathDescription(name);
  return descriptionFault(safe) === null ? safe : name;
}

function asciiText(value: string): string {
  return /^[\x20-\x7e]*$/.test(value) ? value : asciiEscaped(value);
}

/** UTC, in whole seconds. File systems keep times that no calendar of ours reaches: those are seconds since 1970. */
function timeText(ns: string | undefined): string {
  if (ns === undefined) throw new GlacierUpError('usage', 'an archive from a pipe has no {mtime}');
  const seconds = BigInt(ns) / 1_000_000_000n;
  const date = new Date(Number(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? `@${seconds}` : date.toISOString().replace('.000Z', 'Z');
}
