// What runs is a few CommonJS files with all dependencies in them, instead of some thousand modules: finding and loading
// each of those takes Node longer than its own start. They are bundled as package-lock.json has them, so that what was
// tested is what runs, wherever and whenever it is installed.
import { defineConfig } from 'rolldown';
import { leftOutOf } from './scripts/left-out.mjs';
import { thirdPartyLicenses } from './scripts/third-party-licenses.mjs';

/** Every command has a `run.ts`: its chunk is named after the command too. */
function chunkName(name, facadeModuleId) {
  const command = /commands\/([^/]+)\/run\.ts$/.exec(facadeModuleId ?? '')?.[1];
  return command === undefined ? name : `run-${command}`;
}

export default defineConfig({
  input: {
    'cli/code-cache': 'src/cli/code-cache.ts',
    'cli/start': 'src/cli/start.ts',
    'cli/version': 'src/cli/version.ts',
    'server/local/local-worker': 'src/server/local/local-worker.ts',
    'treehash/worker': 'src/treehash/worker.ts',
  },
  platform: 'node',
  // The SDK comes twice. Of its ES modules only what is used is bundled, and what reads other kinds of credentials than
  // those at hand becomes a file of its own: half as much to parse.
  resolve: { mainFields: ['module', 'main'] },
  output: {
    dir: 'dist',
    cleanDir: true,
    format: 'cjs',
    // A script with a code cache can do without `import()`.
    dynamicImportInCjs: false,
    // Parsed at every start, and read by nobody here.
    comments: false,
    // Beside the entries of cli/, so that paths relative to a module lead to the same place as in src/.
    chunkFileNames: ({ name, facadeModuleId }) => `cli/${chunkName(name, facadeModuleId)}.js`,
    codeSplitting: {
      // What every command begins with, in one file.
      groups: [
        {
          name: 'core',
          test: /src\/(errors|clock|cli\/(command\/command|options\/(general-options|option-values)|parser\/apply-environment|output\/(?!bar\.)\w+)|glacier\/(limits|byte-range))\.ts$/,
        },
      ],
    },
  },
  plugins: [
    leftOutOf('conf'),
    leftOutOf('commander'),
    thirdPartyLicenses('THIRD-PARTY-LICENSES'),
    {
      name: 'package-type',
      generateBundle() {
        this.emitFile({ type: 'asset', fileName: 'package.json', source: '{"type": "commonjs"}\n' });
      },
    },
  ],
});
