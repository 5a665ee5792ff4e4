/**
 * Compiles once before the tests: threads are compiled JavaScript, and many tests run the shipped program. GLACIER_UP_TEST_BUILT
 * says that it was compiled just now.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export default function build(): void {
  if (process.env.GLACIER_UP_TEST_BUILT) return;
  const root = fileURLToPath(new URL('../..', import.meta.url));
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
}
