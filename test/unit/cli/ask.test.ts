import { describe, expect, test } from 'vitest';
import { agreed, assertAgreeable, assertConfirmable, confirmVault } from '../../../src/cli/command/ask.js';
import type { GlacierUpError } from '../../../src/errors.js';
import { type CliOptions, makeContext } from '../../helpers/cli.js';

type Asking = Parameters<typeof agreed>[0];

/** A command that asks on a terminal, unless something else is said. */
function asking(
  options: Asking['options'],
  {
    terminals = 'both',
    ...how
  }: Partial<CliOptions> & { terminals?: 'both' | 'stdin' | 'stderr' | 'neither' } = {},
) {
  const { context, stderr } = makeContext({ folder: '/nonexistent', columns: 80, ...how });
  Object.assign(context.stdin, { isTTY: terminals === 'both' || terminals === 'stdin' });
  Object.assign(context.stderr, { isTTY: terminals === 'both' || terminals === 'stderr' });
  return { command: { context, options, signal: new AbortController().signal } as Asking, stderr };
}

/** What it fails with; null where it does not. */
function refusal(act: () => void): { message: string; hint: string | undefined } | null {
  try {
    act();
    return null;
  } catch (error) {
    const { code, message, hint } = error as GlacierUpError;
    expect(code).toBe('usage');
    return { message, hint };
  }
}

const nobody: [string, Asking['options'], 'both' | 'stdin' | 'stderr' | 'neither'][] = [
  ['with --json', { json: true }, 'both'],
  ['with --no-input', { input: false }, 'both'],
  ['with stdin from a pipe', {}, 'stderr'],
  ['with stderr into a file', {}, 'stdin'],
  ['without a terminal', {}, 'neither'],
];

describe('a question before parts are dropped', () => {
  test.each(nobody)('%s needs --yes', (_, options, terminals) => {
    const { command } = asking(options, { terminals });
    expect(refusal(() => assertAgreeable(command, 'dropping parts'))).toEqual({
      message: 'dropping parts needs --yes where nobody can be asked; nothing was done',
      hint: options.json ? '--json asks nothing: give --yes' : 'give --yes',
    });
    const answered = asking({ ...options, yes: true }, { terminals }).command;
    expect(refusal(() => assertAgreeable(answered, 'dropping parts'))).toBeNull();
  });

  test('is asked on a terminal', () => {
    expect(refusal(() => assertAgreeable(asking({}).command, 'dropping parts'))).toBeNull();
  });

  test.each([
    ['y', true],
    [' YES ', true],
    ['n', false],
    ['', false],
    ['yesterday', false],
    ['ay', false],
  ])('is answered by %j: %s', async (typed, answer) => {
    const { command, stderr } = asking({}, { stdin: `${typed}\n` });
    expect(await agreed(command, 'Drop it?')).toBe(answer);
    expect(stderr()).toBe('Drop it? [y/N] ');
  });

  test('is not asked with --yes', async () => {
    const { command, stderr } = asking({ yes: true }, { stdin: 'n\n' });
    expect(await agreed(command, 'Drop it?')).toBe(true);
    expect(stderr()).toBe('');
  });
});

describe('emptying a vault', () => {
  test.each(nobody)('%s needs --confirm with its name', (_, options, terminals) => {
    const { command } = asking(options, { terminals });
    expect(refusal(() => assertConfirmable(command, 'photos', 'emptying'))).toEqual({
      message: 'emptying needs --confirm where nobody can be asked; nothing was done',
      hint: 'give --confirm photos',
    });
    const named = asking({ ...options, confirm: 'photos' }, { terminals }).command;
    expect(refusal(() => assertConfirmable(named, 'photos', 'emptying'))).toBeNull();
  });

  test('is not allowed by --yes', () => {
    const { command } = asking({ yes: true }, { terminals: 'neither' });
    expect(refusal(() => assertConfirmable(command, 'photos', 'emptying'))?.hint).toBe(
      'give --confirm photos: --yes is not enough',
    );
  });

  test('is refused when --confirm names another vault, on a terminal too', () => {
    const { command } = asking({ confirm: 'music' });
    expect(refusal(() => assertConfirmable(command, 'photos', 'emptying'))?.message).toBe(
      '--confirm names music, and the vault is photos; nothing was done',
    );
  });

  test('is asked for on a terminal, and done when the name is typed', async () => {
    const { command, stderr } = asking({}, { stdin: ' photos \n' });
    expect(refusal(() => assertConfirmable(command, 'photos', 'emptying'))).toBeNull();
    await confirmVault(command, 'photos', 'It is gone then.');
    expect(stderr()).toBe('It is gone then. Type the name of the vault: ');
  });

  test('is not done when something else is typed', async () => {
    const { command } = asking({}, { stdin: 'photo\n' });
    await expect(confirmVault(command, 'photos', '')).rejects.toThrow(
      'that is not the name of the vault, photos; nothing was done',
    );
  });

  test('is not asked again when --confirm has given the name', async () => {
    const { command, stderr } = asking({ confirm: 'photos' }, { stdin: 'no\n' });
    await confirmVault(command, 'photos', 'It is gone then.');
    expect(stderr()).toBe('');
  });
});
