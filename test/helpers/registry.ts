/** Packages that only a test of `npm run test:install` uses: installed from the registry, in a folder of its own. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';

/** Installs packages of these versions into the folder, without their scripts. */
export async function installPackages(folder: string, ...packages: readonly string[]): Promise<void> {
  // In a folder of its own npm finds the settings of the machine, which it does not with --prefix.
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  const words = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', ...packages];
  await execa('npm', words, { cwd: folder, stdin: 'ignore' });
}

/**
 * Other Nodes: of each package only the program is unpacked. By npx, npm would unpack thousands of files of each.
 * @param env of npm, and with it where its cache is
 * @param versions as npm understands them, `20.18` for one
 * @returns the path of the program for each version
 */
export async function fetchNodes(
  folder: string,
  env: Record<string, string>,
  versions: readonly string[],
): Promise<Map<string, string>> {
  const options = { cwd: folder, stdin: 'ignore' } as const;
  const names = versions.map((version) => `node-${process.platform}-${process.arch}@${version}`);
  const npm = { ...options, env, extendEnv: false };
  const { stdout } = await execa('npm', ['pack', '--json', '--prefer-offline', ...names], npm);
  const packed: { filename: string }[] = JSON.parse(stdout);
  const programs = packed.map(async ({ filename }, index): Promise<[string, string]> => {
    const version = versions[index] ?? '';
    const place = join(folder, version);
    mkdirSync(place);
    await execa('tar', ['-xzf', filename, '-C', place, 'package/bin/node'], options);
    return [version, join(place, 'package/bin/node')];
  });
  return new Map(await Promise.all(programs));
}
