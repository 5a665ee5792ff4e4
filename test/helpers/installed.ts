/** Programs that some tests compare with or run under; `.ci/run` installs them. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** Whether the program is on the PATH; says on stderr what is left out if it is not. */
export function isInstalled(program: string): boolean {
  const found = (process.env.PATH ?? '').split(':').some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (!found) process.stderr.write(`tests that need ${program} are skipped: it is not installed\n`);
  return found;
}
