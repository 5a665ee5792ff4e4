import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { environmentName, flagsOf, type OptionSpec } from '../../../src/cli/command/command.js';
import { applyEnvironment } from '../../../src/cli/parser/apply-environment.js';
import { toOption } from '../../../src/cli/parser/to-option.js';
import { runCli } from '../../helpers/cli.js';
import { commandSpecs, optionsOf, sampleValue } from '../../helpers/command-tree.js';
import { tempFolder } from '../../helpers/temp-folder.js';

function optionValues(options: OptionSpec[], argv: string[], env: Record<string, string>): object {
  const command = new Command();
  for (const option of options) command.addOption(toOption(option));
  command.parse(argv, { from: 'user' });
  applyEnvironment(command, options, env);
  return command.opts();
}

describe.each(commandSpecs)('every option of $name from the environment', (spec) => {
  const options = optionsOf(spec);

  test.each(options)('$flags means what it means on the command line', (option) => {
    const { long, value } = flagsOf(option);
    const sample = value === null ? '1' : sampleValue(option);
    const onCommandLine = optionValues(options, value === null ? [long] : [long, sample], {});
    expect(optionValues(options, [], { [environmentName(long)]: sample })).toEqual(onCommandLine);
    expect(onCommandLine).not.toEqual(optionValues(options, [], {}));
  });

  test.each(options)('$flags gives way to the command line, and an empty value is none', (option) => {
    const { long, value } = flagsOf(option);
    const name = environmentName(long);
    const argv = value === null ? [long] : [long, sampleValue(option)];
    const other = value === null ? '0' : 'not looked at';
    expect(optionValues(options, argv, { [name]: other })).toEqual(optionValues(options, argv, {}));
    expect(optionValues(options, [], { [name]: '' })).toEqual(optionValues(options, [], {}));
  });
});

test.each([
  ['1', true, false],
  ['True', true, false],
  ['YES', true, false],
  ['on', true, false],
  ['0', false, true],
  ['False', false, true],
  ['NO', false, true],
  ['off', false, true],
])(
  'a switch of the environment is %s, and one that begins with --no- the other way',
  (text, isOn, isColoured) => {
    const options: OptionSpec[] = [
      { flags: '--quiet', help: '' },
      { flags: '--no-color', help: '' },
    ];
    const env = { GLACIER_UP_QUIET: text, GLACIER_UP_NO_COLOR: text };
    expect(optionValues(options, [], env)).toEqual({ quiet: isOn, color: isColoured });
  },
);

test('a switch takes 1 and 0 and the like, and refuses anything else by its name', async () => {
  const { code, stderr } = await runCli(['sessions'], {
    folder: tempFolder(),
    env: { GLACIER_UP_QUIET: 'perhaps' },
  });
  expect(code).toBe(2);
  expect(stderr).toContain('GLACIER_UP_QUIET is "perhaps": write 1 or 0');
});

test('a value that the option would not take is refused with the name of its variable', async () => {
  const { code, stderr } = await runCli(['upload', 'x'], {
    folder: tempFolder(),
    env: { GLACIER_UP_PART_SIZE: '64MB' },
  });
  expect(code).toBe(2);
  expect(stderr).toContain('GLACIER_UP_PART_SIZE is "64MB"');
});

test('an option with several values takes them parted by blanks', async () => {
  const options: OptionSpec[] = [{ flags: '--fault <rule...>', help: '' }];
  expect(optionValues(options, [], { GLACIER_UP_FAULT: 'complete#1:lose-reply  list-parts:cut' })).toEqual({
    fault: ['complete#1:lose-reply', 'list-parts:cut'],
  });
});

test('an option that can be given several times takes several values, each parsed if it has a parser', () => {
  const options: OptionSpec[] = [
    { flags: '--words <word>', help: '', repeatable: true },
    { flags: '--counts <n>', help: '', repeatable: true, parse: Number },
  ];
  const env = { GLACIER_UP_WORDS: 'a  b', GLACIER_UP_COUNTS: ' 1 2' };
  expect(optionValues(options, [], env)).toEqual({ words: ['a', 'b'], counts: [1, 2] });
});

test('a bug in the parser of a value is not told as a bad value', () => {
  const options: OptionSpec[] = [
    {
      flags: '--size <n>',
      help: '',
      parse: () => {
        throw new TypeError('x is not a function');
      },
    },
  ];
  expect(() => optionValues(options, [], { GLACIER_UP_SIZE: '1' })).toThrow(TypeError);
});
