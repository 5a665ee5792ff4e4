/** The build that whole vaults were measured with before: what it can do is measured beside this one. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './programs.mjs';

export const oldCommit = 'c5ad2a2';

/** @returns a function that runs it; null where git does not have the commit, or it cannot be built here */
export function oldBuild({ path }) {
  const folder = path('old-build');
  const program = join(folder, 'bin', 'glacier-up.js');
  if (!existsSync(folder)) {
    mkdirSync(folder);
    spawnSync('sh', [
      '-c',
      `git -C '${root}' archive ${oldCommit} | tar x -C '${folder}' && cd '${folder}' && npm ci`,
    ]);
  }
  if (!existsSync(join(folder, 'dist'))) return null;
  return (args, options) => run(program, args, options);
}
