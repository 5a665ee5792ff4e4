import { describe, expect, test } from 'vitest';
import { type Companion, type OptionSpec, optionKey } from '../../../src/cli/command/command.js';
import { commandHeadings, loadCommand } from '../../../src/cli/commands/index.js';
import { generalOptions } from '../../../src/cli/options/general-options.js';
import { assertGoTogether, overridden } from '../../../src/cli/parser/option-rules.js';

const commands = await Promise.all(
  commandHeadings.map(async ({ name }) => {
    const spec = await loadCommand(name);
    if (!spec) throw new Error(name);
    const options: readonly OptionSpec[] = [...spec.options, ...generalOptions];
    return { name, spec, options };
  }),
);

const wordOf = (companion: Companion): string => (typeof companion === 'string' ? companion : companion.with);

const longOf = ({ flags }: OptionSpec): string => /--[a-z-]+/.exec(flags)?.[0] ?? '';

/** A command line of these words: options by their long flags, with or without a place in the environment, and operands. */
function refusal(
  options: readonly OptionSpec[],
  words: readonly string[],
  variables: readonly string[] = [],
): string {
  const keys = (flags: readonly string[]): string[] =>
    flags.filter((word) => word.startsWith('--')).map((flags) => optionKey({ flags }));
  const given = new Set(keys(words));
  const values = Object.fromEntries([...given, ...keys(variables)].map((key) => [key, true]));
  const operands = words.filter((word) => !word.startsWith('--'));
  try {
    assertGoTogether(options, { values, given, operands });
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

/** What has to stand beside an option so that it is accepted. */
function company(options: readonly OptionSpec[], spec: OptionSpec): string[] {
  const first = spec.onlyWith?.[0];
  if (first === undefined) return [];
  const word = wordOf(first);
  const other = options.find((option) => longOf(option) === word);
  // Two may need each other.
  const needsThis = other?.onlyWith?.some((companion) => wordOf(companion) === longOf(spec));
  return [word, ...(other && !needsThis ? company(options, other) : [])];
}

const rules = commands.flatMap(({ name, spec, options }) =>
  options
    .filter(({ onlyWith, notWith }) => (onlyWith?.length ?? 0) + (notWith?.length ?? 0) > 0)
    .map((option) => ({ title: `${name} ${longOf(option)}`, spec, options, option })),
);

describe('what an option goes with', () => {
  test.each(rules)('$title names options and operands of its command', ({ spec, options, option }) => {
    const known = [...options.map(longOf), '-', ...(spec.operandValues ?? [])];
    for (const companion of [...(option.onlyWith ?? []), ...(option.notWith ?? [])]) {
      expect(known).toContain(wordOf(companion));
    }
  });

  test.each(rules.filter(({ option }) => option.onlyWith?.[0] !== undefined))(
    '$title is refused alone, and accepted with that',
    ({ options, option }) => {
      const long = longOf(option);
      expect(refusal(options, [long])).toMatch(new RegExp(`^${long} goes with `));
      const words = [long, ...company(options, option)];
      const least = options.filter((one) => words.includes(longOf(one))).map((one) => one.operands?.[0] ?? 0);
      if (least.includes(1)) words.push('FILE');
      expect(refusal(options, words)).toBe('');
    },
  );

  test.each(rules.filter(({ option }) => option.notWith?.[0] !== undefined))(
    '$title is refused with each that it does not go with, be it from the environment',
    ({ options, option }) => {
      const long = longOf(option);
      for (const word of (option.notWith ?? []).map(wordOf)) {
        const isOption = word.startsWith('--');
        const message = isOption ? refusal(options, [long], [word]) : refusal(options, [long, word]);
        expect(message).toMatch(/ does not go with /);
      }
    },
  );
});

test('an option of the environment is not refused: it may be meant for commands to come', () => {
  for (const { options } of rules) expect(refusal(options, [], options.map(longOf))).toBe('');
});

const optionsOf = (command: string): readonly OptionSpec[] =>
  commands.find(({ name }) => name === command)?.options ?? [];

test('what stands on the command line wins over another use that the environment asks for', () => {
  expect([...overridden(optionsOf('upload'), new Set(['begin']))]).toEqual(['shard', 'uploadId']);
  expect([...overridden(optionsOf('upload'), new Set(['begin', 'shard']))]).toEqual(['uploadId']);
  expect([...overridden(optionsOf('upload'), new Set(['shard']))]).toEqual(['begin']);
});

test.each([
  ['resume', ['--all', 'FILE'], '--all goes with no operand'],
  ['resume', ['--upload-id'], '--upload-id goes with exactly one operand'],
  ['abort', ['--upload-id', 'FILE', 'FILE'], '--upload-id goes with one operand at most'],
  ['abort', ['--upload-id'], ''],
  ['receipts', ['--against', 'FILE'], '--against goes with no operand'],
])('%s %j: so many operands', (command, words, message) => {
  expect(refusal(optionsOf(command), words)).toBe(message);
});
