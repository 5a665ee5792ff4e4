// What runs is a few CommonJS files instead of some two hundred modules: finding and loading each of them takes Node
// longer than its own start. Dependencies stay what npm installs, so that `npm audit fix` reaches them.
import { defineConfig } from 'rolldown';

export default defineConfig({
  input: {
    'cli/start': 'src/cli/start.ts',
    'cli/version': 'src/cli/version.ts',
    'server/local-worker': 'src/server/local-worker.ts',
    'treehash/worker': 'src/treehash/worker.ts',
  },
  platform: 'node',
  // Everything that is not a file of ours.
  external: /^[^./]/,
  output: {
    dir: 'dist',
    cleanDir: true,
    format: 'cjs',
    // Beside the entries of cli/, so that paths relative to a module lead to the same place as in src/.
    chunkFileNames: 'cli/[name].js',
    codeSplitting: {
      // What every command begins with, in one file.
      groups: [
        {
          name: 'core',
          test: /src\/(errors|clock|cli\/(command|general-options|option-values|apply-environment|output\/\w+)|glacier\/(limits|byte-range))\.ts$/,
        },
      ],
    },
  },
  plugins: [
    {
      name: 'package-type',
      generateBundle() {
        this.emitFile({ type: 'asset', fileName: 'package.json', source: '{"type": "commonjs"}\n' });
      },
    },
  ],
});
