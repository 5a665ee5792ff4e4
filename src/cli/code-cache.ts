/**
 * The program's own files are run with what V8 made of them when they were built, their code cache: to compile them again
 * is a third of the CPU time of a small upload.
 *
 * V8 takes a cache at its word. One that was cut off, or is of another text of the same length, or of another build of
 * the same Node, it runs all the same. So each is sealed by a SHA-256 over all that it depends on, and counts as missing
 * when that does not fit; the file is then compiled as ever. What V8 does look at are its flags (`NODE_OPTIONS`).
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { Script } from 'node:vm';

type Require = (id: string) => unknown;

/** A file of CommonJS as a function: https://nodejs.org/api/modules.html#the-module-wrapper */
type Run = (
  exports: unknown,
  require: Require,
  module: { exports: unknown },
  path: string,
  folder: string,
) => void;

const sealBytes = 32;

/** Where the cache of a file is. */
export const codeCachePath = (path: string): string => `${path}.cache`;

/**
 * Loads a file of the program and what it requires of its other files, without asking Node where they are: it would look at
 * each folder on the way there.
 * Stack traces name a file by its place in the program: V8 keeps the name in the cache, and the folder may have moved.
 * @param requireOfNode loads Node's modules
 * @param onScript is given every script before it is run, and what it was read as
 * @returns what the file exports
 */
export function loadProgram(
  path: string,
  requireOfNode: Require,
  onScript?: (path: string, script: Script, source: Buffer) => void,
): unknown {
  const top = dirname(dirname(path));
  const modules = new Map<string, { exports: unknown }>();
  const load = (path: string): unknown => {
    const loaded = modules.get(path);
    if (loaded !== undefined) return loaded.exports;
    const module = { exports: {} };
    modules.set(path, module);
    try {
      run(path, module);
    } catch (error) {
      // What fails for a moment is loaded again when it is needed again.
      modules.delete(path);
      throw error;
    }
    return module.exports;
  };
  const run = (path: string, module: { exports: unknown }): void => {
    const folder = dirname(path);
    const source = readFileSync(path);
    const script = scriptOf(path, source, join('glacier-up', relative(top, path)));
    onScript?.(path, script, source);
    const require: Require = (id) => (id.startsWith('.') ? load(join(folder, id)) : requireOfNode(id));
    (script.runInThisContext() as Run)(module.exports, require, module, path, folder);
  };
  return load(path);
}

function scriptOf(path: string, source: Buffer, filename: string): Script {
  const text = `(function (exports, require, module, __filename, __dirname) { ${source.toString('utf8')}\n})`;
  const cachedData = openCache(readIfThere(codeCachePath(path)), source);
  return new Script(text, { filename, ...(cachedData === undefined ? {} : { cachedData }) });
}

/** @param code what `Script.createCachedData` gave for the source */
export function sealCache(code: Buffer, source: Buffer): Buffer {
  return Buffer.concat([sealOf(code, source), code]);
}

/** The code in a cache; undefined if it is not of this source and this Node, or not whole. */
function openCache(cache: Buffer | undefined, source: Buffer): Buffer | undefined {
  if (cache === undefined) return undefined;
  const code = cache.subarray(sealBytes);
  return sealOf(code, source).equals(cache.subarray(0, sealBytes)) ? code : undefined;
}

function sealOf(code: Buffer, source: Buffer): Buffer {
  const hash = createHash('sha256').update(engine());
  return hash.update(`${source.length} `).update(source).update(code).digest();
}

let engineHash: Buffer | undefined;

/** Which Node this is, down to how it was built: 13 KB, hashed once for all files. */
function engine(): Buffer {
  const { versions, arch, platform, config } = process;
  engineHash ??= createHash('sha256')
    .update(JSON.stringify([versions, arch, platform, config]))
    .digest();
  return engineHash;
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
