import { describe, expect, test } from 'vitest';
import { flagsOf } from '../../src/cli/command/command.js';
import { exitCodes } from '../../src/errors.js';
import { runCli } from '../helpers/cli.js';
import { commandSpecs, optionsOf } from '../helpers/command-tree.js';
import { tempFolder } from '../helpers/temp-folder.js';

const run = (argv: string[], options = {}) => runCli(argv, { folder: tempFolder(), ...options });
/** Help that is not for a terminal is 80 columns wide. */
const helpOf = async (name: string): Promise<string> => (await run([name, '--help'])).stdout;

describe('help', () => {
  test.each(commandSpecs)('of $name fits one screen of 80 columns and 50 lines', async ({ name }) => {
    const lines = (await helpOf(name)).trimEnd().split('\n');
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines.length).toBeLessThanOrEqual(50);
  });

  test.each(commandSpecs)(
    'of $name names every option, every exit code and every permission',
    async (spec) => {
      const help = (await helpOf(spec.name)).replace(/\s+/g, ' ');
      for (const option of optionsOf(spec)) {
        const { short, long } = flagsOf(option);
        expect(help).toMatch(new RegExp(`(?<![\\w-])${long}(?![\\w-])`));
        if (short) expect(help).toMatch(new RegExp(`(?<![\\w-])${short}[,/]`));
      }
      const codes = /Exit codes: (.*?)\./.exec(help)?.[1]?.split('; ') ?? [];
      expect(codes.map(Number.parseFloat)).toEqual([0, 1, 2, ...spec.exitCodes]);
      for (const action of spec.iamActions) expect(help).toContain(action.replace('glacier:', ''));
    },
  );

  test.each(commandSpecs)('of $name begins with examples, before the first option', async (spec) => {
    const help = await helpOf(spec.name);
    const example = spec.examples[0]?.command ?? 'no example';
    expect(help.indexOf(`glacier-up ${example}\n`)).toBeGreaterThan(0);
    const firstHeading = /^[A-Z][\w ]*:$/m.exec(help)?.[0];
    expect(firstHeading).toBe('Examples:');
  });

  test.each(commandSpecs)('every example of $name names options that its command has', ({ examples }) => {
    for (const { command } of examples) {
      const [name, ...words] = command.split(/\s+/);
      const spec = commandSpecs.find((known) => known.name === name);
      if (!spec) throw new Error(`no command ${name} in: ${command}`);
      const known = optionsOf(spec).flatMap((option) => Object.values(flagsOf(option)));
      const used = words.filter((word) => /^-{1,2}[a-z]/.test(word)).map((word) => word.split('=')[0]);
      expect(known).toEqual(expect.arrayContaining(used));
    }
  });

  test('the exit codes of the commands are those of the error table', () => {
    const known = new Set<number>(Object.values(exitCodes));
    for (const { exitCodes: codes } of commandSpecs) {
      expect(codes.filter((code) => !known.has(code))).toEqual([]);
      expect(codes).toEqual([...codes].sort((a, b) => a - b));
    }
  });

  test('of the program lists every command under a heading, in 80 columns', async () => {
    const { stdout, code } = await run(['--help']);
    expect(code).toBe(0);
    for (const { name, summary } of commandSpecs) {
      expect(stdout.replace(/\s+/g, ' ')).toContain(`${name} ${summary}`);
    }
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(stdout.split('\n').length).toBeLessThanOrEqual(60);
  });

  test('"help COMMAND" is "COMMAND --help", and "help" alone is "--help"', async () => {
    expect(await run(['help', 'upload'])).toEqual(await run(['upload', '--help']));
    expect(await run(['help'])).toEqual(await run(['--help']));
    expect(await run(['help', 'help'])).toMatchObject({ code: 0, stderr: '' });
  });

  test('is as wide as the terminal', async () => {
    const { stdout } = await run(['upload', '--help'], { columns: 60 });
    expect(stdout.split('\n').filter((line) => line.length > 60)).toEqual([]);
  });

  test('without a command is short, on stderr, and an error', async () => {
    const { code, stdout, stderr } = await run([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('glacier-up upload backup.tar --vault photos');
    for (const { name } of commandSpecs) expect(stderr).toContain(name);
    expect(stderr.split('\n').length).toBeLessThanOrEqual(14);
  });
});

describe('wrong usage', () => {
  const hintsOf = (stderr: string) => stderr.split('\n').filter((line) => line.startsWith('hint: '));

  test.each(commandSpecs)('of $name exits 2 with one hint, which leads to its own help', async ({ name }) => {
    const { code, stdout, stderr } = await run([name, '--no-such-option']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(
      new RegExp(`^glacier-up: ${name}: unknown option '--no-such-option'\nhint: [^\n]*\n$`),
    );
    expect(hintsOf(stderr)).toEqual([expect.stringContaining(`glacier-up ${name} --help`)]);
  });

  test.each([
    { argv: ['uplod'], hint: 'did you mean upload? See glacier-up --help' },
    { argv: ['help', 'list-prats'], hint: 'did you mean list-parts? See glacier-up --help' },
    { argv: ['upload', 'x', '--vualt', 'v'], hint: 'did you mean --vault? See glacier-up upload --help' },
    {
      argv: ['--vault', 'v', 'upload', 'x'],
      hint: 'options go after the command: glacier-up COMMAND --vault; see glacier-up --help',
    },
    { argv: ['upload'], hint: 'see glacier-up upload --help' },
    { argv: ['sessions', 'x'], hint: 'see glacier-up sessions --help' },
    { argv: ['upload', 'x', '--vault'], hint: 'see glacier-up upload --help' },
    { argv: ['upload', 'x', '--vault', 'v', '--part-size', '3M'], hint: 'see glacier-up upload --help' },
    {
      argv: ['upload', 'x', '--profile', '--region', 'eu-west-1'],
      hint: 'write --profile=--region if that is what you mean; see glacier-up upload --help',
    },
    {
      argv: ['upload', 'x', '--vault', '--help'],
      hint: 'write --vault=--help if that is what you mean; see glacier-up upload --help',
    },
    {
      argv: ['upload', 'x'],
      hint: 'give --vault NAME, or set GLACIER_UP_VAULT; see glacier-up upload --help',
    },
  ])('$argv: "$hint"', async ({ argv, hint }) => {
    const { code, stdout, stderr } = await run(argv);
    expect({ code, stdout, hints: hintsOf(stderr) }).toEqual({
      code: 2,
      stdout: '',
      hints: [`hint: ${hint}`],
    });
    expect(stderr.split('\n')).toHaveLength(3);
  });

  test.each([
    { argv: ['upload', 'x', '--json', '--vualt', 'v'], env: {} },
    { argv: ['upload', 'x', '--vualt', 'v'], env: { GLACIER_UP_JSON: '1' } },
  ])('is one JSON object on stderr where JSON is asked for: $argv, $env', async ({ argv, env }) => {
    const { code, stdout, stderr } = await run(argv, { env });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(JSON.parse(stderr)).toMatchObject({ type: 'error', code: 'usage', exitCode: 2 });
  });
});
