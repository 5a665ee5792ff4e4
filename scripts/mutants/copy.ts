/** A copy of the checkout in which every mutant of src/ is compiled in, switched off. */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { instrument } from './instrument.js';
import type { Mutant } from './mutant.js';
import { roomOf } from './rooms.js';

export interface MutatedCopy {
  folder: string;
  mutants: readonly Mutant[];
  /** All that starts from now on runs with this mutant; `undefined`: with none. */
  activate(mutant: Mutant | undefined): void;
  remove(): void;
}

/** What is in the checkout and not ignored, also if it is not committed. */
function filesOf(checkout: string): string[] {
  const words = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const listed = execFileSync('git', words, { cwd: checkout, encoding: 'utf8', maxBuffer: 2 ** 26 });
  return listed.split('\0').filter((path) => path !== '' && existsSync(join(checkout, path)));
}

/** Makes it in a temporary folder and builds it. Takes about a quarter of a minute. */
export async function makeMutatedCopy(checkout: string): Promise<MutatedCopy> {
  const folder = mkdtempSync(join(tmpdir(), 'glacier-up-mutants-'));
  const activate = (mutant: Mutant | undefined) =>
    writeFileSync(join(folder, 'active-mutant'), mutant?.id ?? '');
  try {
    const paths = filesOf(checkout);
    for (const path of paths) {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      cpSync(join(checkout, path), join(folder, path), { verbatimSymlinks: true });
    }
    symlinkSync(join(checkout, 'node_modules'), join(folder, 'node_modules'));
    activate(undefined);
    const sources = paths
      .filter((path) => path.endsWith('.ts') && roomOf(path) !== undefined)
      .map((path) => ({ path, text: readFileSync(join(checkout, path), 'utf8') }));
    const { files, mutants } = await instrument(sources);
    for (const { path, text } of files) {
      const toSwitch = relative(dirname(path), 'src/mutant-switch.js');
      writeFileSync(join(folder, path), `import './${toSwitch}';\n${text}`);
    }
    copyFileSync(join(checkout, 'scripts/mutants/in-copy/switch.ts'), join(folder, 'src/mutant-switch.ts'));
    execFileSync('npx', ['rolldown', '-c'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
    return { folder, mutants, activate, remove: () => rmSync(folder, { recursive: true, force: true }) };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}
