/** Processes that take locks when told to, with the shipped code. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { compileSource } from '../../../scripts/compile-source.mjs';

export interface Reply {
  won?: boolean;
  code?: string;
  message?: string;
}

const contender = await compileSource('test/faults/helpers/lock-contender.ts');

export class Contender {
  readonly process: ChildProcess;

  /**
   * @param preload JavaScript that runs in the process before anything else
   * @param clockRate how much faster than real time its clock goes
   */
  constructor(preload?: string, clockRate = 1) {
    const execArgv =
      preload === undefined ? [] : ['--import', `data:text/javascript,${encodeURIComponent(preload)}`];
    this.process = fork(contender, [String(clockRate)], { execArgv });
    onTestFinished(() => void this.process.kill('SIGKILL'));
  }

  async ready(): Promise<this> {
    await once(this.process, 'message');
    return this;
  }

  async ask(message: { take?: string }): Promise<Reply> {
    const answered = once(this.process, 'message');
    this.process.send(message);
    return (await answered)[0] as Reply;
  }

  async die(): Promise<void> {
    const exited = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await exited;
  }
}

export const contenders = (count: number, preload?: string): Promise<Contender[]> =>
  Promise.all(Array.from({ length: count }, () => new Contender(preload).ready()));

/** What a lock file of a process that was killed holds. */
export async function lockOfTheDead(folder: string): Promise<string> {
  const path = join(folder, 'left.lock');
  const [holder] = await contenders(1);
  expect(await holder?.ask({ take: path })).toEqual({ won: true });
  await holder?.die();
  return readFileSync(path, 'utf8');
}
