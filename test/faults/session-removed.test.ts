/** A session that its own process finishes while another one is looking at it is no fault of anything. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { makeMachine, program } from './helpers/machine.js';
import { serveHere } from './helpers/served-vault.js';
import { canTrace } from './helpers/strace.js';

interface Held {
  file: string;
  words: string[];
  env: Record<string, string>;
  log: string;
  meanwhile: () => void;
}

/**
 * Holds the program up after the n-th system call that names the file, and has `meanwhile` done then. On a machine so
 * slow that this comes too late, the call is one that was not tried.
 */
async function heldUpAfter(turn: number, { file, words, env, log, meanwhile }: Held) {
  const trace = ['-f', '-qq', '-o', log, '-P', file, '-e', 'trace=%file'];
  const inject = ['-e', `inject=%file:delay_exit=1500000:when=${turn}`];
  const child = spawn('strace', [...trace, ...inject, process.execPath, program, ...words], { env });
  onTestFinished(() => void child.kill('SIGKILL'));
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const ended = once(child, 'close');
  let wasHeld = false;
  while (!wasHeld && child.exitCode === null && child.signalCode === null) {
    await sleep(10);
    wasHeld = existsSync(log) && readFileSync(log, 'utf8').includes('(DELAYED)');
    if (wasHeld) meanwhile();
  }
  const [exitCode] = await ended;
  rmSync(log, { force: true });
  return { exitCode, stderr, wasHeld };
}

describe.skipIf(!canTrace)('a session that is finished by its own process', () => {
  test('at any moment while `sessions` looks at it is not listed, and nothing fails', async () => {
    const machine = makeMachine();
    const server = await serveHere({ faults: ['upload-part:error=AccessDeniedException'] });
    await server.createVault('demo');
    await machine.run(['upload', machine.file, '--part-size', '1M', ...server.words('demo')]);
    const name = readdirSync(machine.sessionFolder).find((one) => one.endsWith('.json')) ?? 'none';
    const file = join(machine.sessionFolder, name);
    const text = readFileSync(file);
    for (let turn = 1; ; turn += 1) {
      writeFileSync(file, text, { mode: 0o600 });
      const { wasHeld, ...ending } = await heldUpAfter(turn, {
        file,
        log: join(machine.folder, 'strace'),
        words: ['sessions'],
        env: machine.env,
        meanwhile: () => rmSync(file),
      });
      expect(ending, `call ${turn}: ${ending.stderr}`).toMatchObject({ exitCode: 0 });
      if (!wasHeld) {
        expect(turn).toBeGreaterThan(1);
        return;
      }
      expect(existsSync(file)).toBe(false);
    }
  });
});
