/** In the copy, which is built already. One file at a time: all see the same mutant. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const top = fileURLToPath(new URL('../../..', import.meta.url));

export default defineConfig({
  root: top,
  cacheDir: `${top}/.vite`,
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['scripts/mutants/in-copy/setup.ts'],
    maxWorkers: 1,
    testTimeout: 20_000,
    hookTimeout: 20_000,
    experimental: { fsModuleCache: true, fsModuleCachePath: `${top}/.vite/modules` },
  },
});
