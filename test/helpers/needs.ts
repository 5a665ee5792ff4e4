/** Tests that need more than Node: programs of Debian's, the rights of root. */
import { isInstalled } from './installed.js';

export interface Needs {
  programs: readonly string[];
  /** Whether they also need to run as root. */
  root?: boolean;
}

/**
 * Whether tests with these needs can run; says on stderr why not. Where CI is set nothing may be left out: `.ci/run`
 * installs every program, and runs as root.
 */
export function canRun(what: string, { programs, root = false }: Needs): boolean {
  const missing = programs.filter((program) => !isInstalled(program));
  const reasons = [
    ...missing.map((program) => `${program} is not installed`),
    ...(root && process.getuid?.() !== 0 ? ['they need root'] : []),
  ];
  if (reasons.length === 0) return true;
  const text = `tests of ${what} cannot run: ${reasons.join(', ')}`;
  if (process.env.CI) throw new Error(text);
  process.stderr.write(`${text}\n`);
  return false;
}
