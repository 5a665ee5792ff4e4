/** In the copy, before each test file: notes where one test ends and the next begins among the mutants that are reached. */
import { appendFileSync, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, type TestContext } from 'vitest';

const reachedFile = fileURLToPath(new URL('../../../reached', import.meta.url));

/** As vitest's own name pattern sees it: the groups and the test, with spaces between. */
function fullName({ task }: TestContext): string {
  const names = [task.name];
  for (let suite = task.suite; suite !== undefined; suite = suite.suite) names.unshift(suite.name);
  return names.join(' ').trim();
}

if (existsSync(reachedFile)) {
  beforeEach((context) => {
    (globalThis as { forgetReached?: () => void }).forgetReached?.();
    appendFileSync(reachedFile, `${JSON.stringify(fullName(context))}\n`);
  });
  afterEach(() => appendFileSync(reachedFile, '""\n'));
}
