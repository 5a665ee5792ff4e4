/** An inventory that is being downloaded by a process that is killed, or by two at once. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { leftOf, sizeOf } from '../../src/retrieval/keep-inventory.js';
import { startCuttingRelay } from '../helpers/cutting-relay.js';
import { inventoryText, replaceOutput } from '../helpers/inventory.js';
import { type Machine, makeMachine } from './helpers/machine.js';
import { serveHere } from './helpers/served-vault.js';

const MiB = 1024 ** 2;
const text = inventoryText(60_000);

/** A machine, and a line to a vault with an inventory of 20 MB that stands still after half of it. */
async function halfWay() {
  const machine = makeMachine({ sizeBytes: 1 });
  const options = ['--job-delay', '0', '--inventory-every', '0'];
  const first = await serveHere({ options });
  await first.createVault('demo');
  await machine.run(['upload', machine.file, ...first.words('demo')]);
  await machine.run(['inventory', '--request', ...first.words('demo')]);
  await first.kill();
  replaceOutput(first.folder, text);
  const vault = await serveHere({ options, folder: first.folder });
  const relay = await startCuttingRelay(vault.url, { holdBytes: 10 * MiB });
  const words = ['inventory', '--vault', 'demo', '--endpoint-url', relay.url];
  return { machine, relay, words };
}

function inventories({ home }: Machine): string {
  return join(home, '.local/share/glacier-up/inventories');
}

/** But for the note on the request, which was made at another address. */
function files(machine: Machine): string[] {
  const names = existsSync(inventories(machine)) ? readdirSync(inventories(machine)) : [];
  return names.filter((name) => !name.endsWith('.awaited'));
}

/** Until most of what the line let through is noted. */
async function untilNoted(machine: Machine): Promise<void> {
  await vi.waitFor(
    () => {
      const [part = ''] = files(machine).filter((name) => name.endsWith('.part'));
      const left = leftOf(join(inventories(machine), part.replace('.part', '')));
      expect(sizeOf(left?.noted.map(({ range }) => range) ?? [])).toBeGreaterThan(8 * MiB);
    },
    { timeout: 60_000, interval: 50 },
  );
}

function assertWhole(machine: Machine): void {
  const [name = '', ...others] = files(machine);
  expect(others).toEqual([]);
  expect(readFileSync(join(inventories(machine), name), 'utf8') === text).toBe(true);
}

describe('an inventory on its way', () => {
  test('whose process is killed is resumed by the same command, and hardly a byte is sent twice', async () => {
    const { machine, relay, words } = await halfWay();
    const running = machine.start(words);
    await untilNoted(machine);
    running.send('SIGKILL');
    expect((await running.ended).signal).toBe('SIGKILL');
    relay.mend();
    const { exitCode, stdout, stderr } = await machine.run(words);
    expect({ exitCode, lines: stdout.split('\n').length }).toEqual({ exitCode: 0, lines: 60_001 });
    expect(stderr).toContain('are downloaded already');
    expect(relay.sentBytes() / text.length).toBeLessThan(1.2);
    assertWhole(machine);
  });

  test('is waited for by a second process, which prints the same without a download of its own', async () => {
    const { machine, relay, words } = await halfWay();
    const first = machine.start(words);
    await untilNoted(machine);
    const second = machine.start(words);
    await second.said(/waiting for process \d+ .*, which downloads the inventory/);
    relay.mend();
    const [one, two] = await Promise.all([first.ended, second.ended]);
    expect([one.exitCode, two.exitCode]).toEqual([0, 0]);
    expect(one.stdout.split('\n')).toHaveLength(60_001);
    expect(one.stdout === two.stdout).toBe(true);
    expect(relay.sentBytes() / text.length).toBeLessThan(1.1);
    assertWhole(machine);
  });

  test('is left to the other process when --wait-lock is over: exit 11', async () => {
    const { machine, words, relay } = await halfWay();
    const first = machine.start(words);
    await untilNoted(machine);
    const second = await machine.run([...words, '--wait-lock', '0']);
    expect(second).toMatchObject({ exitCode: 11, stdout: '' });
    expect(second.stderr).toContain('the inventory is held by process');
    relay.mend();
    expect((await first.ended).exitCode).toBe(0);
  });
});
