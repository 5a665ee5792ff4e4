/** Which archive an operand means, and what is known of it here. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openInventories, openReceipts, openState } from '../../../src/cli/open/open-state.js';
import { KnownArchives, resolveArchive } from '../../../src/cli/operands/archives-known.js';
import {
  archivesNamed,
  assertThere,
  firstOfEachVault,
  goneText,
  latestArchiveNamed,
} from '../../../src/cli/operands/current-archive.js';
import { targetOrReceipt } from '../../../src/cli/operands/target-or-receipt.js';
import type { GoneReason, KnownReceipt, Receipt } from '../../../src/session/receipts/receipt.js';
import { sessionId } from '../../../src/session/session.js';
import { commandRun } from './helpers/command-run.js';
import {
  appendReceipts,
  demo,
  entryOf,
  idOf,
  inventoryOf,
  keepInventory,
  receiptOf,
} from './helpers/known-here.js';

async function knowing(receipts: Receipt[], options: object = {}) {
  const run = commandRun(options);
  return { ...run, log: await appendReceipts(run.command, receipts) };
}

describe('an operand of a command about archives', () => {
  async function resolve(operand: string, options: object = {}, receipts = [receiptOf('A')]) {
    const { command, log } = await knowing(receipts, options);
    return resolveArchive(command, log, operand);
  }

  test.each([
    ['by its ID', idOf('A')],
    ['by its file', '/data/A'],
  ])('means the archive of a receipt, %s', async (_, operand) => {
    expect(await resolve(operand)).toEqual({
      archiveId: idOf('A'),
      receipt: receiptOf('A'),
      selector: { vault: 'demo', region: 'eu-west-1', accountId: '-' },
    });
  });

  test('means an archive from a pipe by its name', async () => {
    const receipt = receiptOf('A', { path: null, streamName: 'db.dump' });
    expect(await resolve('db.dump', {}, [receipt])).toMatchObject({ receipt: { streamName: 'db.dump' } });
  });

  test('is where its receipt says, unless a vault is named', async () => {
    const destination = { ...demo, profile: 'backup', endpoint: 'http://127.0.0.1:1', accountOption: '1' };
    const receipts = [receiptOf('A', { destination })];
    expect((await resolve(idOf('A'), { region: 'us-east-1' }, receipts)).selector).toEqual({
      vault: 'demo',
      region: 'eu-west-1',
      accountId: '1',
      profile: 'backup',
      endpointUrl: 'http://127.0.0.1:1',
    });
    const options = { vault: 'demo', region: 'us-east-1' };
    expect((await resolve(idOf('A'), options, receipts)).selector).toBe(options);
  });

  test('in an embedded vault needs its folder', async () => {
    const receipts = [receiptOf('A', { destination: { ...demo, region: 'local', endpoint: 'local:1' } })];
    await expect(resolve(idOf('A'), {}, receipts)).rejects.toMatchObject({
      code: 'usage',
      message: 'the archive is in an embedded vault',
    });
    expect((await resolve(idOf('A'), { local: '/v' }, receipts)).selector).toEqual({
      local: '/v',
      vault: 'demo',
    });
  });

  test('in another vault than is named is wrong usage', async () => {
    await expect(resolve(idOf('A'), { vault: 'other' })).rejects.toMatchObject({
      code: 'usage',
      message: 'the archive is in vault demo, not in other',
    });
  });

  test.each([
    [32, 'is taken for an archive ID'],
    [31, 'is unknown'],
  ])('of %i characters that nothing here knows %s', async (length, what) => {
    const operand = 'x'.repeat(length);
    if (what === 'is unknown') {
      await expect(resolve(operand)).rejects.toMatchObject({ code: 'archive-unknown' });
      return;
    }
    const options = { vault: 'demo' };
    const { command, log } = await knowing([], options);
    expect(await resolveArchive(command, log, operand)).toEqual({
      archiveId: operand,
      receipt: null,
      selector: options,
    });
  });

  test('that no archive ID can be is unknown, however long', async () => {
    await expect(resolve(`${'x'.repeat(40)}.tar`)).rejects.toMatchObject({ code: 'archive-unknown' });
  });

  test('that is a file whose archive is gone is refused; its ID is not', async () => {
    const { command, log } = await knowing([receiptOf('A')]);
    await log.noteGone(idOf('A'), 'forgotten');
    await expect(resolveArchive(command, log, '/data/A')).rejects.toMatchObject({ code: 'archive-gone' });
    expect(await resolveArchive(command, log, idOf('A'))).toMatchObject({ archiveId: idOf('A') });
  });

  test('that cannot be told from a file is no unknown archive', async () => {
    const { command, log, folder } = await knowing([]);
    symlinkSync('loop', join(folder, 'loop'));
    await expect(resolveArchive(command, log, join(folder, 'loop'))).rejects.toMatchObject({
      code: 'archive-unusable',
    });
  });
});

describe('what is known of an archive', () => {
  const options = {};

  test('is what its receipt says', async () => {
    const { command } = await knowing([]);
    const known = new KnownArchives(openInventories(command), []);
    const archive = { archiveId: idOf('A'), receipt: receiptOf('A'), selector: options };
    expect(await known.of(archive, demo)).toEqual({
      sizeBytes: 2048,
      treeHash: 'a'.repeat(64),
      createdAt: '2026-02-01T00:00:00.000Z',
      description: 'A',
    });
  });

  test('is else what the inventory of its vault says, which is read once for all', async () => {
    const { command } = commandRun();
    await keepInventory(command, inventoryOf([entryOf('A', { Size: 7 }), entryOf('B')]));
    let readings = 0;
    const shelf = openInventories(command);
    const counting: typeof shelf = {
      ...shelf,
      kept: (destination) => {
        const kept = shelf.kept(destination);
        const read: NonNullable<typeof kept>['read'] = (onBytes) => {
          readings += 1;
          return (kept as NonNullable<typeof kept>).read(onBytes);
        };
        return kept && { ...kept, read };
      },
    };
    const known = new KnownArchives(counting, [idOf('A'), idOf('B'), idOf('C')]);
    const of = (letter: string) =>
      known.of({ archiveId: idOf(letter), receipt: null, selector: options }, demo);
    expect(await of('A')).toMatchObject({ sizeBytes: 7, description: 'A' });
    expect(await of('B')).toMatchObject({ sizeBytes: 2048 });
    expect(await of('C')).toBe(null);
    expect(readings).toBe(1);
  });

  test('is nothing without an inventory', async () => {
    const { command } = commandRun();
    const known = new KnownArchives(openInventories(command), [idOf('A')]);
    expect(await known.of({ archiveId: idOf('A'), receipt: null, selector: options }, demo)).toBe(null);
  });
});

describe('the archives of a file', () => {
  const other = { destination: { ...demo, vault: 'other' } };

  test('are those of every vault, the latest first, or those of the vault that is named', async () => {
    const path = '/data/A';
    const receipts = [receiptOf('A'), receiptOf('B', { path }), receiptOf('C', { path, ...other })];
    const { log } = await knowing(receipts);
    const ids = async (named: object) =>
      (await archivesNamed(log, path, named)).map(({ archiveId }) => archiveId);
    expect(await ids({})).toEqual([idOf('C'), idOf('B'), idOf('A')]);
    expect(await ids({ vault: 'demo' })).toEqual([idOf('B'), idOf('A')]);
    expect(firstOfEachVault(await archivesNamed(log, path, {})).map(({ archiveId }) => archiveId)).toEqual([
      idOf('C'),
      idOf('B'),
    ]);
  });

  test('are found through a link', async () => {
    const { command, folder } = commandRun();
    mkdirSync(join(folder, 'data'));
    writeFileSync(join(folder, 'data/file'), '');
    symlinkSync('data', join(folder, 'link'));
    const log = await appendReceipts(command, [receiptOf('A', { path: join(folder, 'data/file') })]);
    expect(await archivesNamed(log, join(folder, 'link/file'), {})).toHaveLength(1);
  });

  test.each([
    ['the latest of all, where nothing is named', {}, 'C'],
    ['the latest of the vault of that name', { vault: 'demo' }, 'B'],
    ['the latest in the region that is named', { region: 'us-east-1' }, 'A'],
    ['else the latest of its name', { region: 'eu-north-1' }, 'C'],
  ])('the latest is %s', async (_, options, letter) => {
    const path = '/data/A';
    const { command, log } = await knowing(
      [
        receiptOf('A', { destination: { ...demo, region: 'us-east-1' } }),
        receiptOf('B', { path }),
        receiptOf('C', { path, ...other }),
      ],
      options,
    );
    expect(await latestArchiveNamed(command, log, path)).toMatchObject({ archiveId: idOf(letter) });
  });

  test('of two is the one in the region that is named', async () => {
    const { command, log } = await knowing(
      [
        receiptOf('A', { destination: { ...demo, region: 'us-east-1' } }),
        receiptOf('B', { path: '/data/A' }),
      ],
      { region: 'us-east-1' },
    );
    expect(await latestArchiveNamed(command, log, '/data/A')).toMatchObject({ archiveId: idOf('A') });
  });

  test('of which there is one is that one, wherever the options lead', async () => {
    const options = { local: '/nowhere', vault: 'demo' };
    const { command, log } = await knowing([receiptOf('A')], options);
    expect(await latestArchiveNamed(command, log, '/data/A')).toMatchObject({ archiveId: idOf('A') });
    expect(await latestArchiveNamed(command, log, '/data/B')).toBe(undefined);
  });
});

describe('an archive that is not there any more', () => {
  test.each<[GoneReason, string]>([
    ['vault-recreated', 'its vault was deleted and created again'],
    ['not-listed', 'an inventory of the vault does not list it'],
    ['not-found', 'the service could not find it'],
    ['forgotten', 'it was forgotten by receipts --forget'],
  ])('for %s: %s', (reason, words) => {
    const gone: KnownReceipt = { ...receiptOf('A'), gone: { reason, goneAt: 'today' } };
    expect(goneText(gone)).toBe(`${words} (noted on today)`);
    expect(() => assertThere(gone, '/data/A')).toThrow(
      `archive ${idOf('A')} of /data/A does not exist any more: ${words} (noted on today)`,
    );
  });

  test('was deleted, even if more is noted', () => {
    const deleted = { ...receiptOf('A'), deletedAt: 'today' };
    expect(goneText({ ...deleted, gone: { reason: 'not-found', goneAt: 'later' } })).toBe(
      'it was deleted on today',
    );
  });

  test('is not one of which nothing is noted', () => {
    expect(goneText(receiptOf('A'))).toBe(null);
    expect(() => assertThere(receiptOf('A'), '/data/A')).not.toThrow();
  });
});

describe('an operand of a command that may be run again', () => {
  const find = async (operand: string | undefined, receipts: Receipt[], options: object = {}) => {
    const { command } = await knowing(receipts, options);
    const found = await targetOrReceipt(command, await openState(command), operand);
    return 'receipt' in found ? found.receipt.archiveId : found;
  };
  const idWith = (accountId: string | null, { path, uploadId }: Receipt) =>
    sessionId({ destination: demo, accountId }, path ?? `upload:${uploadId}`);
  const receipt = receiptOf('A');

  test('means the receipt of what was finished, by file or by session', async () => {
    expect(await find('/data/A', [receipt])).toBe(idOf('A'));
    const id = idWith('111122223333', receipt);
    expect(await find(id, [receipt])).toBe(idOf('A'));
    expect(await find(id.slice(0, 4).toUpperCase(), [receipt])).toBe(idOf('A'));
  });

  test('means it by the ID that the session had before the account was known', async () => {
    expect(await find(idWith(null, receipt), [receipt])).toBe(idOf('A'));
  });

  test('means the latest receipt of a session, or of an upload without a file', async () => {
    const receipts = [receipt, receiptOf('B', { path: '/data/A' }), receiptOf('C')];
    expect(await find(idWith(null, receipt), receipts)).toBe(idOf('B'));
    const pathless = receiptOf('A', { path: null });
    expect(await find(idWith(null, pathless), [receiptOf('C'), pathless])).toBe(idOf('A'));
  });

  test.each([
    ['is too short for a session', idWith(null, receipt).slice(0, 3)],
    ['is of no session', '0000'],
    ['is no ID of a session', 'zzzz'],
    ['is empty', ''],
  ])('that %s means nothing', async (_, operand) => {
    await expect(find(operand, [receipt])).rejects.toMatchObject({ code: 'session-unknown' });
  });

  test('means no receipt whose archive is gone', async () => {
    const { command, log } = await knowing([receipt]);
    await log.noteGone(idOf('A'), 'not-found');
    const state = await openState(command);
    await expect(targetOrReceipt(command, state, '/data/A')).rejects.toMatchObject({
      code: 'session-unknown',
    });
  });

  test('must be there, and what is ambiguous is said', async () => {
    await expect(find(undefined, [receipt])).rejects.toMatchObject({ code: 'usage' });
    const { command } = await knowing([receipt]);
    const unreadable = { ...(await openState(command)), receipts: openReceipts(command) };
    mkdirSync(join(command.context.env.HOME ?? '', '.local/state/glacier-up/sessions'), {
      recursive: true,
      mode: 0o700,
    });
    writeFileSync(
      join(command.context.env.HOME ?? '', '.local/state/glacier-up/sessions/aaaa456789abcdef0123.json'),
      'no session',
    );
    await expect(targetOrReceipt(command, unreadable, '/data/A')).rejects.toMatchObject({
      code: 'state-unusable',
    });
  });
});
