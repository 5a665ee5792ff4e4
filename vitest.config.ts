import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The fault sweep takes many minutes; `npm run test:faults` runs it whole.
    exclude: ['test/faults/sweep/**'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
