/** What `inventory` prints of an inventory that is given or kept. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run } from '../../../src/cli/commands/inventory/run.js';
import { commandRun } from './helpers/command-run.js';
import { demo, entryOf, idOf, inventoryOf, keepInventory } from './helpers/known-here.js';

interface Given {
  options?: object;
  /** Kept in place of given. */
  isKept?: boolean;
  /** Nobody reads any more. */
  isUnread?: boolean;
}

async function printed(text: string | null, { options = {}, isKept = false, isUnread = false }: Given = {}) {
  const runOf = commandRun({ ...options } as Record<string, unknown>);
  const { command } = runOf;
  const file = join(runOf.folder, 'inventory');
  const place = { vault: 'demo', region: 'eu-west-1', kept: true };
  Object.assign(command.options, isKept ? place : { file });
  if (isKept && text !== null) await keepInventory(command, text);
  if (!isKept && text !== null) writeFileSync(file, text);
  if (isUnread) Object.assign(command.context.stdout, { fault: new Error('closed') });
  const error = await run(command as never).then(
    () => null,
    (thrown: unknown) => thrown as Error & { code: string },
  );
  return {
    ...runOf,
    error: error && { code: error.code, message: error.message },
    lines: runOf.stdout().split('\n').filter(Boolean),
    said: runOf.stderr().replace(file, 'F'),
    file,
  };
}

const asOf = ', as of 2026-02-28T12:00:00Z (24 hours ago); F\n';

test.each<[string, string, string]>([
  ['two archives', inventoryOf([entryOf('A'), entryOf('B')]), `vault demo: 2 archives, 4 KiB${asOf}`],
  ['one archive', inventoryOf([entryOf('A')]), `vault demo: 1 archive, 2 KiB${asOf}`],
  ['none', inventoryOf([]), `vault demo: 0 archives, 0 bytes${asOf}`],
  ['a vault that is not named', inventoryOf([entryOf('A')], { vault: null }), `1 archive, 2 KiB${asOf}`],
  ['a date that is not said', inventoryOf([], { date: null }), 'vault demo: 0 archives, 0 bytes; F\n'],
])('of %s the last line says so', async (_, text, said) => {
  const result = await printed(text);
  expect(result.error).toBe(null);
  expect(result.said).toBe(`glacier-up: ${said}`);
});

describe('each archive', () => {
  const description = 'my%20file';
  const text = inventoryOf([entryOf('A', { ArchiveDescription: description })]);
  const line = `${idOf('A')}  2026-02-01T00:00:00Z  2 KiB  my%20file`;

  test('is a line with its name, or with --raw its description', async () => {
    expect((await printed(text)).lines).toEqual([`${line}  (or "my file")`]);
    expect((await printed(text, { options: { raw: true } })).lines).toEqual([line]);
  });

  test('is an object as JSON, and so is the whole', async () => {
    const { objects, file, said } = await printed(text, { options: { json: true, quiet: true } });
    expect(objects()).toMatchObject([
      { type: 'inventoried-archive', archiveId: idOf('A'), sizeBytes: 2048, description, name: description },
      {
        type: 'inventory',
        vault: 'demo',
        region: 'eu-west-1',
        accountId: '111122223333',
        takenAt: '2026-02-28T12:00:00Z',
        askedAt: null,
        archives: 1,
        sizeBytes: 2048,
        malformed: 0,
        file,
      },
    ]);
    expect(said).toBe('');
    const unnamed = await printed(inventoryOf([], { vault: null }), { options: { json: true } });
    expect(unnamed.objects()).toMatchObject([{ vault: null, region: null, accountId: null }]);
  });
});

test('a faulty entry is printed and marked, and the exit code is 1', async () => {
  const text = inventoryOf([entryOf('A', { Size: 'many' }), entryOf('B')]);
  const { lines, error, said } = await printed(text);
  expect(lines[0]).toMatch(/\? bytes {2}A {2}\(/);
  expect(said).toContain('1 archive, 2 KiB');
  expect(error).toEqual({ code: 'failed', message: '1 entry of the inventory is faulty' });
  const json = await printed(text, { options: { json: true } });
  expect(json.objects()).toMatchObject([
    { type: 'faulty-entry' },
    { type: 'inventoried-archive' },
    { malformed: 1 },
  ]);
});

test('what nobody reads is not summed up', async () => {
  const { said, error } = await printed(inventoryOf([entryOf('A')]), { isUnread: true });
  expect({ said, error }).toEqual({ said: '', error: null });
});

test('one that is too old is refused, given or kept', async () => {
  const options = { maxAge: 1000 };
  for (const isKept of [false, true]) {
    const { error, lines } = await printed(inventoryOf([entryOf('A')]), { options, isKept });
    expect(error).toMatchObject({ code: 'inventory-old' });
    expect(lines).toEqual([]);
  }
});

describe('the inventory that is kept', () => {
  test('is printed with when it was asked for', async () => {
    const { objects } = await printed(inventoryOf([entryOf('A')]), { options: { json: true }, isKept: true });
    expect(objects()).toMatchObject([
      { archiveId: idOf('A') },
      { type: 'inventory', askedAt: '2026-03-01T11:59:00.000Z' },
    ]);
  });

  test('that is not kept here is exit 4', async () => {
    expect((await printed(null, { isKept: true })).error).toEqual({
      code: 'inventory-unknown',
      message: `no inventory of vault ${demo.vault} is kept here`,
    });
  });
});
