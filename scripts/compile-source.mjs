/** Single modules of src/, for tests and benches that run them in processes of their own: dist/ has the program whole. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Compiles a module with what it imports into build/.
 * @param {string} path of a TypeScript file, from the top of the project
 * @returns {Promise<string>} path of an ES module
 */
export async function compileSource(path) {
  const file = join(root, 'build', path.replace(/\.ts$/, '.mjs'));
  const bundle = await rolldown({ input: join(root, path), platform: 'node', external: /^[^./]/ });
  await bundle.write({ file, format: 'esm', codeSplitting: false });
  return file;
}
