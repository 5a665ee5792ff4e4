/** Packages that only a test of `npm run test:install` uses: installed from the registry, in a folder of its own. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';

/** Installs packages of these versions into the folder, without their scripts. */
export async function installPackages(folder: string, ...packages: readonly string[]): Promise<void> {
  // In a folder of its own npm finds the settings of the machine, which it does not with --prefix.
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  const words = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', ...packages];
  await execa('npm', words, { cwd: folder, stdin: 'ignore' });
}
