/** The table of faults in README.md names every fault, and only tests that exist. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const faultCount = 77;

const rows = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, number, fault, tests] = /^\| (\d+) \| (.+?) \| (.+) \|$/.exec(line) ?? [];
    return number && fault && tests ? [{ number: Number(number), fault, tests }] : [];
  });

const named = rows.flatMap(({ number, tests }) =>
  [...tests.matchAll(/`([^`]+\.test\.ts)` "([^"]+)"/g)].map(([, file = '', title = '']) => ({
    number,
    file,
    title,
  })),
);

describe('the table of faults', () => {
  test(`has each of the ${faultCount} faults once, in order`, () => {
    const numbers = Array.from({ length: faultCount }, (_, index) => index + 1);
    expect(rows.map(({ number }) => number)).toEqual(numbers);
  });

  test('names for each fault a test, or says why there is none', () => {
    const bare = rows.filter(
      ({ number, tests }) => !named.some((one) => one.number === number) && !tests.startsWith('none: '),
    );
    expect(bare).toEqual([]);
    expect(rows.filter(({ tests }) => tests.startsWith('none: ')).length).toBeLessThan(3);
  });

  test.each(named)('fault $number: "$title" stands in $file', ({ file, title }) => {
    const path = join(import.meta.dirname, file);
    expect(existsSync(path)).toBe(true);
    const source = readFileSync(path, 'utf8').replace(/\\'/g, "'");
    expect(source).toContain(title);
  });
});
