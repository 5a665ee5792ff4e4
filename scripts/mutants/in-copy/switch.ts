/**
 * Every instrumented file imports this before its first statement, in the tests, in the built program and in its threads.
 * It says which mutant is on, and notes which ones are reached. Both are files at the top of the copy and no environment
 * variables: many tests start the program with an environment of their own.
 */
import { existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What the instrumented code looks at. */
interface Instrumented {
  __stryker__?: { activeMutant: string; mutantCoverage: { static: object; perTest: object } };
  /** For setup.ts: what is reached from now on is written again. */
  forgetReached?: () => void;
}

function topOfCopy(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'active-mutant'))) folder = dirname(folder);
  return folder;
}

const shared = globalThis as Instrumented;
if (shared.__stryker__ === undefined) {
  const top = topOfCopy();
  const reachedFile = join(top, 'reached');
  let reached: object = {};
  if (existsSync(reachedFile)) {
    const file = openSync(reachedFile, 'a');
    const seen = new Set<string>();
    // The instrumented code counts in it. The first time is written at once: a process may be killed next.
    reached = new Proxy(reached, {
      get: () => 0,
      set: (_, id: string) => {
        if (seen.has(id)) return true;
        seen.add(id);
        writeSync(file, `${id}\n`);
        return true;
      },
    });
    shared.forgetReached = () => seen.clear();
  }
  shared.__stryker__ = {
    activeMutant: readFileSync(join(top, 'active-mutant'), 'utf8'),
    mutantCoverage: { static: reached, perTest: {} },
  };
}
