import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { MiB, seededFile } from '../helpers/bytes.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { openTerminal, type Terminal } from '../helpers/terminal.js';

/** A terminal, and an upload that takes long enough to be looked at. */
async function terminalWith(
  columns: number,
  env: Record<string, string> = {},
): Promise<{ terminal: Terminal; upload: string; home: string; file: string }> {
  const folder = tempFolder();
  const file = join(folder, 'f.tar');
  seededFile(file, 30 * MiB);
  const home = join(folder, 'home');
  const terminal = await openTerminal({ columns, home, env });
  const upload = `upload ${file} --vault demo --local ${join(folder, 'v')} --part-size 1M --limit-rate 2M`;
  return { terminal, upload, home, file };
}

const percent = /\d+%/;

/** The process that uploads this file: not its shell. */
function processOf(file: string): number {
  return Number(
    execFileSync('pgrep', ['-f', `glacier-up.js upload ${file}`], { encoding: 'utf8' }).split('\n')[0],
  );
}

describe('progress on a terminal', () => {
  test.each([40, 80, 200])(
    'stays in one row of %d columns, and leaves them whole after Ctrl-C',
    async (columns) => {
      const { terminal, upload } = await terminalWith(columns);
      terminal.run(upload);
      await terminal.shows(/\/s, \d+m? ?\d*s? left/);
      const rows = terminal.rows().filter((row) => percent.test(row));
      expect(rows).toHaveLength(1);
      expect(rows[0]).toMatch(/^(\[=* *\] )?\d+%.* [KM]iB\/s, .* left/);
      expect(rows[0]?.length).toBeLessThan(columns);
      if (columns >= 80) expect(rows[0]).toMatch(/MiB of 30 MiB, .*, part \d+ of 30$/);
      terminal.press('C-c');
      await terminal.isBack();
      expect(terminal.isWhole()).toBe(true);
      expect(terminal.text()).toContain('f.tar: sending 30 MiB in 30 parts of 1 MiB\n');
      expect(terminal.text()).toContain('stopping; run it again to resume (press again to quit)');
      expect(terminal.text()).not.toMatch(percent);
    },
  );

  test('counts what was there before in the percentage after a resume', async () => {
    const { terminal, upload } = await terminalWith(80);
    terminal.run(upload);
    await terminal.shows(/part [3-9] of 30/);
    terminal.press('C-c');
    await terminal.isBack();
    terminal.run(upload);
    await terminal.shows(/resumed: [3-9] of 30 parts/);
    expect(Number(/(\d+)%/.exec(await terminal.shows(/\d+%.*left/))?.[1])).toBeGreaterThanOrEqual(10);
    terminal.press('C-c');
    await terminal.isBack();
  });

  test.each(['SIGTERM', 'SIGHUP'])('leaves the terminal whole after %s', async (signal) => {
    const { terminal, upload, file } = await terminalWith(80);
    terminal.run(upload);
    await terminal.shows(percent);
    process.kill(processOf(file), signal);
    await terminal.isBack();
    expect(terminal.isWhole()).toBe(true);
    expect(terminal.text()).toContain(`${signal}: stopping`);
  });

  test('leaves the terminal whole when a second Ctrl-C ends it at once', async () => {
    const { terminal, upload } = await terminalWith(80);
    terminal.run(upload);
    await terminal.shows(percent);
    terminal.press('C-c');
    terminal.press('C-c');
    await terminal.isBack();
    expect(terminal.isWhole()).toBe(true);
  });

  test('leaves the terminal to the shell at Ctrl-Z and in the background, and comes back with fg', async () => {
    const { terminal, upload, file } = await terminalWith(80);
    terminal.run(upload);
    await terminal.shows(percent);
    terminal.press('C-z');
    await terminal.isBack();
    expect(terminal.isWhole()).toBe(true);
    expect(terminal.text()).not.toMatch(percent);
    terminal.enter('clear; bg');
    await terminal.shows(/\[1\]\+/);
    process.kill(processOf(file), 'SIGUSR2');
    await terminal.shows(/glacier-up: \d+% .* of 30 MiB/);
    // Several frames of a bar that should not be there.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(terminal.isWhole()).toBe(true);
    expect(terminal.text().match(/\d+%/g)).toHaveLength(1);
    terminal.enter('clear; fg');
    // The line of SIGUSR2 has a percentage, too: only the bar hides the cursor.
    await vi.waitFor(() => expect(terminal.isWhole()).toBe(false), 30_000);
    await terminal.shows(percent);
    terminal.press('C-c');
    await terminal.isBack();
    expect(terminal.isWhole()).toBe(true);
  });

  test('is not drawn by an upload that is started in the background', async () => {
    const { terminal, upload, file } = await terminalWith(80);
    terminal.run(`${upload} --verbose &`);
    await terminal.shows(/part \S+ stored/);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(terminal.isWhole()).toBe(true);
    expect(terminal.text()).not.toMatch(percent);
    process.kill(processOf(file), 'SIGTERM');
  });

  test('leaves the terminal whole after Ctrl-\\, which ends it at once', async () => {
    const { terminal, upload } = await terminalWith(80);
    terminal.enter('ulimit -c 0');
    terminal.run(upload);
    await terminal.shows(percent);
    terminal.press('C-\\');
    await terminal.isBack();
    expect(terminal.isWhole()).toBe(true);
    expect(terminal.text()).toContain('Quit');
    expect(terminal.text()).not.toMatch(percent);
  });

  test('gives way to an error, which is whole', async () => {
    const { terminal, upload, file } = await terminalWith(40);
    terminal.run(upload);
    await terminal.shows(percent);
    execFileSync('truncate', ['-s', '1M', file]);
    await terminal.isBack();
    expect(terminal.isWhole()).toBe(true);
    expect(terminal.text()).toMatch(/^glacier-up: upload: .*f\.tar: the file (changed|ends)/m);
    expect(terminal.text()).not.toMatch(percent);
  });

  test('is told in a line of its own when SIGUSR2 asks', async () => {
    const { terminal, upload, file } = await terminalWith(80);
    terminal.run(upload);
    await terminal.shows(percent);
    process.kill(processOf(file), 'SIGUSR2');
    await terminal.shows(/^glacier-up: \d+% .* of 30 MiB/m);
    terminal.press('C-c');
    await terminal.isBack();
  });

  test('is not drawn on a dumb terminal, which gets plain lines', async () => {
    const { terminal, upload } = await terminalWith(80, { TERM: 'dumb' });
    terminal.run(`${upload} --verbose`);
    await terminal.shows(/part \S+ stored/);
    expect(terminal.text()).not.toMatch(percent);
    terminal.press('C-c');
    await terminal.isBack();
  });

  test('has no colour, with NO_COLOR or without', async () => {
    const { terminal, upload } = await terminalWith(80, { NO_COLOR: '1' });
    terminal.run(upload);
    await terminal.shows(percent);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence is what must not be there
    expect(terminal.colours()).not.toMatch(/\u001b\[[\d;]*m/);
    terminal.press('C-c');
    await terminal.isBack();
  });
});

test.each([40, 80, 200])(
  'list-parts draws an upload in %d columns, and says what to run next',
  async (columns) => {
    const { terminal, upload, file } = await terminalWith(columns);
    terminal.run(upload);
    await terminal.shows(/\b[2-9]\d%/);
    terminal.press('C-c');
    await terminal.isBack();
    terminal.run(`list-parts ${file}`);
    await terminal.isBack();
    const text = terminal.text();
    expect(text).toMatch(/^0-\d+ {2}matching {2}\d+ parts?\n\d+-31457279 {2}missing {2}\d+ parts$/m);
    expect(text).toMatch(/f\.tar: 30 parts of 1 MiB; \d+ matching, \d+ missing; first gap \d+-\d+$/m);
    expect(text).toMatch(/last confirmed \d+s ago; may be dropped after 23h 5\dm more without a part$/m);
    expect(text).toMatch(/next: glacier-up resume [0-9a-f]{20}$/m);
    const map = terminal.rows().filter((row) => /^\[[#.]+\]$/.test(row));
    expect(map.join('').match(/[#.]/g)).toHaveLength(30);
  },
);
