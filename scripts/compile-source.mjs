/** Single modules of src/, for tests and benches that run them in processes of their own: dist/ has the program whole. */
import { randomUUID } from 'node:crypto';
import { renameSync } from 'node:fs';
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
  // Test files run side by side and want the same modules: none may read what another has half written.
  const fresh = file.replace(/mjs$/, `${randomUUID()}.mjs`);
  await bundle.write({ file: fresh, format: 'esm', codeSplitting: false });
  renameSync(fresh, file);
  return file;
}
