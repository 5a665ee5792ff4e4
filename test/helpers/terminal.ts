/** A real terminal, of tmux's making: what a program draws is read back as a person would see it. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const bin = fileURLToPath(new URL('../../bin/glacier-up.js', import.meta.url));
/** Long enough for any machine; a test that waits in vain fails with the screen in its message. */
const longestWaitMs = 60_000;

export interface Terminal {
  /** Types a command of ours, without the program's name, and presses Enter. */
  run(words: string): void;
  /** Types a line for the shell. */
  enter(line: string): void;
  /** A key as tmux names it: `C-c`. */
  press(key: string): void;
  /** The rows, without blanks at their ends; lines that were wrapped stand in several. */
  rows(): string[];
  /** All that was written, wrapped lines joined. */
  text(): string;
  /** With the escape sequences for colours. */
  colours(): string;
  /** Waits until the screen shows it. */
  shows(pattern: RegExp): Promise<string>;
  /** Waits until the shell is back. */
  isBack(): Promise<void>;
  /** Whether the cursor is shown and lines wrap, as before any program ran. */
  isWhole(): boolean;
}

export async function openTerminal({
  columns,
  home,
  env = {},
}: {
  columns: number;
  home: string;
  env?: Record<string, string>;
}): Promise<Terminal> {
  const socket = `glacier-up-${randomBytes(6).toString('hex')}`;
  const tmux = (...words: string[]): string =>
    execFileSync('tmux', ['-L', socket, '-f', '/dev/null', ...words], { encoding: 'utf8', env: process.env });
  const environment = {
    TERM: 'screen',
    HOME: home,
    // The shell must not write into a home that the test has removed.
    HISTFILE: '/dev/null',
    PATH: process.env.PATH ?? '',
    PS1: 'READY \\#> ',
    ...env,
  };
  const shell = ['env', '-i', ...Object.entries(environment).map(([name, value]) => `${name}=${value}`)];
  tmux(
    'new-session',
    '-d',
    '-x',
    String(columns),
    '-y',
    '40',
    ...shell,
    'bash',
    '--norc',
    '--noprofile',
    '-i',
  );
  onTestFinished(() => void tmux('kill-server'));
  const capture = (...flags: string[]): string => tmux('capture-pane', '-p', ...flags);
  const text = (): string => capture('-J').replace(/ +$/gm, '');
  const until = async (isSo: () => boolean, what: string): Promise<void> => {
    const giveUpMs = performance.now() + longestWaitMs;
    while (!isSo()) {
      if (performance.now() > giveUpMs) throw new Error(`the screen never showed ${what}:\n${text()}`);
      await pause(50);
    }
  };
  const type = (line: string): void => {
    tmux('send-keys', '-l', line);
    tmux('send-keys', 'Enter');
  };
  // The prompt counts the command lines: a prompt that still stands is not taken for the next one.
  let lines = 1;
  const isBack = (): Promise<void> =>
    until(() => text().trimEnd().endsWith(`READY ${lines}>`), 'the prompt again');
  await isBack();
  type(`glacier-up() { '${process.execPath}' '${bin}' "$@"; }; clear`);
  lines += 1;
  await isBack();
  return {
    run: (words) => {
      type(`clear; glacier-up ${words}`);
      lines += 1;
    },
    enter: (line) => {
      type(line);
      lines += 1;
    },
    press: (key) => void tmux('send-keys', key),
    rows: () =>
      capture()
        .split('\n')
        .map((row) => row.trimEnd()),
    text,
    colours: () => capture('-e'),
    shows: async (pattern) => {
      await until(() => pattern.test(text()), String(pattern));
      return pattern.exec(text())?.[0] ?? '';
    },
    isBack,
    isWhole: () => tmux('display-message', '-p', '#{cursor_flag}#{wrap_flag}').trim() === '11',
  };
}
