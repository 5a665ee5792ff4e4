/** Whether the holder of a lock is alive, asked of real processes: by /proc, and by `ps` as on macOS. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { bootId, isAlive, thisProcess } from '../../../src/os/process-identity.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const self = thisProcess();

/** No system gives out so high a number. */
const unusedPid = 2 ** 30;

/** A process that stays, with a child of its own that has ended and that it never asks about: a zombie. */
async function startWithZombie(): Promise<{ pid: number; zombiePid: number }> {
  const child = spawn('sh', ['-c', 'sleep 0.05 & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const [printed] = await once(child.stdout, 'data');
  const zombiePid = Number(String(printed));
  const state = () => readFileSync(`/proc/${zombiePid}/stat`, 'utf8').replace(/^.*\) /, '')[0];
  while (state() !== 'Z') await new Promise((resolve) => setTimeout(resolve, 5));
  return { pid: child.pid ?? 0, zombiePid };
}

/** In the rest of the test this is a system that has no /proc. */
function withoutProc(): void {
  const { value } = Object.getOwnPropertyDescriptor(process, 'platform') ?? {};
  Object.defineProperty(process, 'platform', { value: 'darwin' });
  onTestFinished(() => {
    Object.defineProperty(process, 'platform', { value });
  });
}

/** In the rest of the test the program of this name is this script. */
function putInPath(name: string, script: string): void {
  const folder = tempFolder();
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, name), 0o755);
  const before = process.env.PATH;
  process.env.PATH = `${folder}:${before}`;
  onTestFinished(() => {
    process.env.PATH = before;
  });
}

describe('the holder of a lock', () => {
  test('is alive when its process has the number and the start time', () => {
    expect(isAlive(self, self)).toBe(true);
    expect(self.startTime).toMatch(/^\d+$/);
  });

  test('is dead when its number belongs to a process that started at another time', () => {
    expect(isAlive({ ...self, startTime: '1' }, self)).toBe(false);
  });

  test('without a start time is alive when there is a process of its number', () => {
    expect(isAlive({ ...self, startTime: '' }, self)).toBe(true);
  });

  test('is dead when there is no process of its number', () => {
    expect(isAlive({ ...self, pid: unusedPid }, self)).toBe(false);
    expect(isAlive({ ...self, pid: unusedPid, startTime: '' }, self)).toBe(false);
  });

  test('is dead when it has ended and nobody has asked about it', async () => {
    const { pid, zombiePid } = await startWithZombie();
    expect(isAlive({ ...self, pid: zombiePid, startTime: '' }, self)).toBe(false);
    expect(isAlive({ ...self, pid, startTime: '' }, self)).toBe(true);
  });

  test('on another host cannot be looked at', () => {
    expect(isAlive({ ...self, host: 'elsewhere' }, self)).toBe(null);
  });

  test('in another container of this host cannot be looked at', () => {
    expect(isAlive({ ...self, pidNamespace: 'pid:[1]' }, self)).toBe(null);
  });

  test('is dead when this host has been started again since, in whatever container it was', () => {
    expect(isAlive({ ...self, bootId: 'before', pidNamespace: 'pid:[1]' }, self)).toBe(false);
  });

  test('that can be signalled and not be looked at is of unknown age: alive only if its start time was never known', () => {
    // Process 0 stands for our own group: it takes signals, and /proc does not show it.
    expect(isAlive({ ...self, pid: 0 }, self)).toBe(null);
    expect(isAlive({ ...self, pid: 0, startTime: '' }, self)).toBe(true);
  });
});

describe('where there is no /proc, ps tells', () => {
  const startTimeByPs = () =>
    execFileSync('ps', ['-o', 'lstart=', '-p', String(process.pid)], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH ?? '', LC_ALL: 'C', TZ: 'UTC' },
    }).trim();

  test('that the holder is alive, by its start time in UTC and in English', () => {
    withoutProc();
    const startTime = startTimeByPs();
    expect(startTime).toMatch(/^\w{3} \w{3} .* \d{4}$/);
    const before = { ...process.env };
    Object.assign(process.env, { LC_ALL: 'de_DE.UTF-8', TZ: 'Asia/Tokyo' });
    onTestFinished(() => {
      for (const name of ['LC_ALL', 'TZ']) delete process.env[name];
      Object.assign(process.env, before);
    });
    expect(isAlive({ ...self, startTime }, self)).toBe(true);
    expect(isAlive({ ...self, startTime: 'Thu Jan  1 00:00:00 1970' }, self)).toBe(false);
  });

  test('that there is no process of its number', () => {
    withoutProc();
    expect(isAlive({ ...self, pid: unusedPid, startTime: '' }, self)).toBe(false);
  });

  test('that it has ended and nobody has asked about it', async () => {
    const { zombiePid } = await startWithZombie();
    withoutProc();
    expect(isAlive({ ...self, pid: zombiePid, startTime: '' }, self)).toBe(false);
  });

  test('nothing of a process that it does not show', () => {
    withoutProc();
    putInPath('ps', 'exit 1');
    expect(isAlive(self, self)).toBe(null);
    expect(isAlive({ ...self, startTime: '' }, self)).toBe(true);
  });

  test.each(['', 'S'])('that a line of "%s" is of no process', (line) => {
    withoutProc();
    putInPath('ps', `echo '${line}'`);
    expect(isAlive({ ...self, startTime: '' }, self)).toBe(false);
  });

  test('nothing when it fails: a process that could not be looked at is not dead', () => {
    withoutProc();
    putInPath('ps', 'exit 2');
    expect(() => isAlive(self, self)).toThrow();
  });
});

describe('the start of the machine', () => {
  test('is named by the kernel', () => {
    expect(bootId()).toMatch(/^[0-9a-f-]{36}$/);
    expect(self.bootId).toBe(bootId());
    expect(self.pidNamespace).toMatch(/^pid:\[\d+\]$/);
  });

  test('is named by sysctl where there is no /proc, and by nothing where that fails', () => {
    withoutProc();
    putInPath('sysctl', '[ "$*" = "-n kern.bootsessionuuid" ] && echo " 1234 "');
    expect(bootId()).toBe('1234');
    putInPath('sysctl', 'exit 1');
    expect(bootId()).toBe('');
  });
});
