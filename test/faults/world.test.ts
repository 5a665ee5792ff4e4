/** Clocks, languages, one look at the file, and bugs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { hastyClock } from '../helpers/cli.js';
import { makePlace } from '../helpers/place.js';
import { makeMachine } from './helpers/machine.js';

/** Each runs the program several times. */
vi.setConfig({ testTimeout: 180_000 });

const partSize = ['--part-size', '1M'];

describe('a clock', () => {
  test.each([
    ['is set back by a day', -24],
    ['is set forward by a day', 24],
  ])('that %s in the middle of an upload changes nothing but the times noted', async (_, hours) => {
    const place = makePlace();
    let aheadMs = 0;
    const clock = { ...hastyClock(), now: () => Date.now() + aheadMs };
    const onStderr = (text: string): void => {
      if (text.includes('0-1048575 stored')) aheadMs = hours * 60 * 60 * 1000;
    };
    const words = ['upload', place.file, ...partSize, '--verbose', '--concurrency', '1'];
    const { code, stderr } = await place.run(words, { clock, onStderr });
    expect(code, stderr).toBe(0);
    expect(place.archives()).toHaveLength(1);
    expect(place.receipts()).toHaveLength(1);
  });
});

describe('languages and time zones', () => {
  test('change not a byte of what is printed', async () => {
    const machine = makeMachine();
    const vaultFolder = join(machine.folder, 'vault');
    const words = ['upload', machine.file, ...partSize, '--vault', 'v', '--local', vaultFolder];
    await machine.run(words);
    const commands = [
      words,
      ['treehash', machine.file],
      ['receipts'],
      ['receipts', '--json'],
      ['upload', '--help'],
    ];
    const said: string[] = [];
    for (const env of [
      { LC_ALL: 'C', TZ: 'UTC' },
      { LC_ALL: 'tr_TR.UTF-8', LANG: 'tr_TR.UTF-8', TZ: 'Asia/Kathmandu' },
      { LC_ALL: 'de_DE.UTF-8', LANGUAGE: 'de', TZ: 'America/St_Johns' },
    ]) {
      const outcomes = [];
      for (const command of commands) outcomes.push(await machine.run(command, { env }));
      expect(outcomes.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0, 0]);
      said.push(outcomes.map(({ stdout, stderr }) => stdout + stderr).join(''));
    }
    expect(said[1]).toBe(said[0]);
    expect(said[2]).toBe(said[0]);
    expect(said[0]).toMatch(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z/);
  });
});

describe('the file', () => {
  test('is opened by its name once, and everything is read from that descriptor', async () => {
    const machine = makeMachine();
    const vaultFolder = join(machine.folder, 'vault');
    const words = ['upload', machine.file, ...partSize, '--vault', 'v', '--local', vaultFolder];
    const trace = join(machine.folder, 'tmp', 'trace');
    const prefix = ['strace', '-f', '-qq', '-o', trace, '-e', 'trace=open,openat,openat2'];
    const { exitCode, stderr } = await machine.run(words, { prefix });
    expect(exitCode, stderr).toBe(0);
    const opens = readFileSync(trace, 'utf8')
      .split('\n')
      .filter((line) => line.includes(`"${machine.file}"`));
    expect(opens).toHaveLength(1);
    expect(opens[0]).toMatch(/O_RDONLY/);
  });
});

describe('a bug', () => {
  test('is exit 1 and says that it is one; what was sent is kept, and the next run ends it', async () => {
    const place = makePlace();
    let isBroken = false;
    const clock = hastyClock();
    const broken = {
      ...clock,
      now: () => {
        if (isBroken) throw new TypeError('undefined is not a function');
        return clock.now();
      },
    };
    const onStderr = (text: string): void => {
      if (text.includes('1048576-2097151 stored')) isBroken = true;
    };
    const words = ['upload', place.file, ...partSize, '--verbose', '--concurrency', '1'];
    const { code, stderr } = await place.run(words, { clock: broken, onStderr });
    expect(code, stderr).toBe(1);
    expect(stderr).toContain('this is a bug of glacier-up: undefined is not a function');
    expect(stderr).toMatch(/hint: .*--debug/);
    expect(stderr).not.toContain('    at ');
    expect(place.sessions()).toHaveLength(1);
    expect(await place.run(['upload', place.file])).toMatchObject({ code: 0 });
    expect(place.archives()).toHaveLength(1);
  });
});
