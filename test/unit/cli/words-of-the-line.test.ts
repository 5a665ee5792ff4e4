import { Command, Option } from 'commander';
import { describe, expect, test } from 'vitest';
import { isJsonWanted } from '../../../src/cli/output/json-wanted.js';
import { markIds, unmarkIds } from '../../../src/cli/parser/id-operands.js';
import { refuseOptionSlips } from '../../../src/cli/parser/option-slips.js';
import { takesValue } from '../../../src/cli/parser/takes-value.js';

const command = new Command('retrieve')
  .addOption(new Option('--vault <name>'))
  .addOption(new Option('-o, --output <file>'))
  .addOption(new Option('-q, --quiet'));
const id = `-${'a'.repeat(137)}`;

describe('an option of which the value is missing', () => {
  test.each<[string[], string]>([
    [['--vault', '--quiet'], '--vault has no value: --quiet is an option itself'],
    [['--vault', '-q'], '--vault has no value: -q is an option itself'],
    [['-o', '--vault=x'], '-o has no value: --vault=x is an option itself'],
    [['x', '--vault', '--help'], '--vault has no value: --help is an option itself'],
    [['-o', '-h'], '-o has no value: -h is an option itself'],
  ])('is found in %j', (words, message) => {
    expect(() => refuseOptionSlips(command, words)).toThrow(message);
  });

  test.each<string[][]>([
    [['--vault', 'quiet']],
    [['--vault', '-x']],
    [['--quiet', '--vault', 'x']],
    [['--vault']],
    [['--', '--vault', '--quiet']],
    [['--vault=--quiet', '--quiet']],
  ])('is not found in %j', (words) => {
    expect(() => refuseOptionSlips(command, words)).not.toThrow();
  });
});

test('a value follows options that take one, and no others', () => {
  const words = ['--vault', '-o', '--output', '-q', '--quiet', 'x', undefined];
  expect(words.filter((word) => takesValue(command, word))).toEqual(['--vault', '-o', '--output']);
});

describe('an archive ID that begins with a hyphen', () => {
  test('is an operand, unless it is the value of an option', () => {
    const marked = markIds(command, [id, '--vault', id, '-q', id]);
    expect(marked.map((word) => word === id)).toEqual([false, false, true, false, false]);
    expect(unmarkIds(marked)).toEqual([id, '--vault', id, '-q', id]);
  });

  test('is as it is behind --, and in front of it an operand', () => {
    const marked = markIds(command, [id, '--', id]);
    expect(marked.map((word) => word === id)).toEqual([false, false, true]);
  });

  test.each([`${id}a`, id.slice(1), '-q', `-${'a'.repeat(136)}`, `-${'a'.repeat(136)}=`])(
    'is not %s',
    (word) => {
      expect(markIds(command, [word])).toEqual([word]);
    },
  );
});

test.each<[string[], Record<string, string>, boolean]>([
  [['upload', '--json'], {}, true],
  [['upload', '--', '--json'], {}, false],
  [['--json', '--'], {}, true],
  [['upload'], { GLACIER_UP_JSON: 'yes' }, true],
  [['upload'], { GLACIER_UP_JSON: '0' }, false],
  [['upload'], {}, false],
])('%j with %j asks for JSON: %s', (argv, env, isWanted) => {
  expect(isJsonWanted(argv, env)).toBe(isWanted);
});
