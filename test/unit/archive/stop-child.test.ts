/** Programs that the user named, and their end: real ones, but for those whose number has become another's. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test, vi } from 'vitest';
import { stopChild } from '../../../src/archive/stop-child.js';
import { steppedClock } from '../../helpers/fake-clock.js';

/** A shell that has said that it is ready. */
async function running(script: string) {
  const child = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return { child, ended: once(child, 'exit') };
}

test('a program ends with all that it has started, and nothing is killed afterwards', async () => {
  const { child, ended } = await running('sleep 60 & echo ready; wait');
  const clock = steppedClock();
  // What it has started writes to the same pipe.
  const closed = once(child, 'close');
  await stopChild(child, ended, clock);
  await closed;
  expect(child.signalCode).toBe('SIGTERM');
  const killed = vi.spyOn(process, 'kill').mockReturnValue(true);
  onTestFinished(() => killed.mockRestore());
  clock.pass(60_000);
  expect(killed).not.toHaveBeenCalled();
});

test('a program that does not heed that is killed after two seconds', async () => {
  const { child, ended } = await running('trap "" TERM; echo ready; exec sleep 60');
  const clock = steppedClock();
  const kill = vi.spyOn(child, 'kill');
  const stopped = stopChild(child, ended, clock);
  clock.pass(1999);
  expect(kill.mock.calls).toEqual([['SIGTERM']]);
  clock.pass(1);
  await stopped;
  expect(child.signalCode).toBe('SIGKILL');
});

test.each([
  ['has ended', { exitCode: 0 }],
  ['was ended by a signal', { signalCode: 'SIGTERM' }],
  ['never began', { pid: undefined }],
])('a program that %s is not asked to end: another may have its number by now', async (_, how) => {
  const kill = vi.fn();
  // Under this number there is one that has started others, such as this process.
  const child = { exitCode: null, signalCode: null, pid: process.ppid, kill, ...how };
  const killed = vi.spyOn(process, 'kill').mockReturnValue(true);
  onTestFinished(() => killed.mockRestore());
  await stopChild(child as unknown as ChildProcess, Promise.resolve(), steppedClock());
  expect(kill).not.toHaveBeenCalled();
  expect(killed).not.toHaveBeenCalled();
});
