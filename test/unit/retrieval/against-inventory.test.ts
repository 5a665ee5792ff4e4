/** Receipts held against an inventory: what it proves of each, and which receipts it is about. */
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { InventoriedArchive, InventoryEntry } from '../../../src/glacier/inventory/inventory.js';
import { InventoryReading } from '../../../src/glacier/inventory/inventory-reading.js';
import type { InventorySource } from '../../../src/glacier/inventory/inventory-source.js';
import {
  assertVaultAt,
  checkEntry,
  receiptsOf,
  unlistedReceipts,
} from '../../../src/retrieval/against-inventory.js';
import { noteUnlisted } from '../../../src/retrieval/unlisted-archives.js';
import type { Destination } from '../../../src/session/destination.js';
import type { Receipt } from '../../../src/session/receipts/receipt.js';
import { openReceiptLog, type ReceiptLog } from '../../../src/session/receipts/receipt-log.js';
import { fakeClock } from '../../helpers/fake-clock.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const dayMs = 24 * 3_600_000;
const noonMs = Date.parse('2026-01-10T12:00:00.000Z');
const demo: Destination = {
  profile: null,
  accountOption: '-',
  region: 'eu-west-1',
  endpoint: null,
  vault: 'demo',
};
const accountId = '111122223333';

let log: ReceiptLog;
let clock: ReturnType<typeof fakeClock>;

beforeEach(() => {
  clock = fakeClock(noonMs);
  log = openReceiptLog(join(tempFolder(), 'receipts'), process.getuid?.(), clock);
});

/** Of an archive that was made on the first of January, unless changed. */
async function receipt(archiveId: string, changes: Partial<Receipt> = {}): Promise<void> {
  await log.append({
    schema: 1,
    archiveId,
    location: '',
    accountId,
    destination: demo,
    uploadId: `upload-of-${archiveId}`,
    sizeBytes: 1000,
    treeHash: 'ab'.repeat(32),
    description: '',
    partSizeBytes: 1024 ** 2,
    parts: null,
    startedAt: null,
    completedAt: '2026-01-01T00:00:00.000Z',
    path: `/home/me/${archiveId}`,
    identity: null,
    ...changes,
  });
}

function entry(archiveId: string): InventoriedArchive {
  const createdAt = '2026-01-01T00:00:00Z';
  return { archiveId, description: '', createdAt, sizeBytes: 1000, treeHash: 'ab'.repeat(32) };
}

describe('an archive that the inventory lists', () => {
  const stateOf = (listed: InventoryEntry) => checkEntry(log.tally(), listed)?.state ?? null;

  test('is confirmed by the same tree hash and size, and by nothing less', async () => {
    await receipt('a');
    expect(stateOf(entry('a'))).toBe('confirmed');
    expect(stateOf({ ...entry('a'), treeHash: 'cd'.repeat(32) })).toBe('different');
    expect(stateOf({ ...entry('a'), sizeBytes: 999 })).toBe('different');
    expect(stateOf({ ...entry('a'), fault: 'no tree hash' })).toBe('unproved');
  });

  test('and that was deleted from here is listed still', async () => {
    await receipt('a');
    await log.noteDeleted('a');
    expect(stateOf(entry('a'))).toBe('deleted-listed');
    expect(stateOf({ ...entry('a'), fault: 'no tree hash' })).toBe('deleted-listed');
  });

  test('and has no receipt, or no ID, says nothing', async () => {
    await receipt('a');
    expect(stateOf(entry('b'))).toBe(null);
    expect(stateOf({ ...entry('a'), archiveId: null, fault: 'no ID' })).toBe(null);
  });
});

describe('an archive that the inventory does not list', () => {
  const certainMs = Date.parse('2026-01-05T00:00:00Z');
  const young = { completedAt: '2026-01-05T00:00:00.000Z' };

  function unlisted(listed: readonly string[], certain: number | null = certainMs) {
    const tally = log.tally();
    for (const archiveId of listed) tally.see(archiveId);
    const isOfVault = ({ destination }: { destination: Destination }) => destination.vault === 'demo';
    const checks = [...unlistedReceipts(log, tally, { certainMs: certain, isOfVault })];
    return Object.fromEntries(checks.map((check) => [check.receipt.archiveId, check.state]));
  }

  test('is missing when the inventory must have it, and young when it may be too old', async () => {
    await receipt('old');
    await receipt('young', young);
    await receipt('listed');
    await receipt('elsewhere', { destination: { ...demo, vault: 'other' } });
    expect(unlisted(['listed'])).toEqual({ old: 'missing', young: 'young' });
    expect(unlisted(['listed'], null)).toEqual({ old: 'young', young: 'young' });
  });

  test('and that was deleted from here is gone', async () => {
    await receipt('old');
    await log.noteDeleted('old');
    expect(unlisted([])).toEqual({ old: 'deleted' });
  });

  describe('beside another one of the same file', () => {
    const path = '/home/me/photo.jpg';
    beforeEach(() => receipt('old', { path }));

    test('is replaced when that one is there and has the same content', async () => {
      await receipt('new', { path, ...young });
      expect(unlisted(['new'])).toEqual({ old: 'replaced' });
      expect(unlisted([])).toEqual({ old: 'replaced', new: 'young' });
    });

    test.each([
      ['is of other content', { treeHash: 'cd'.repeat(32) }],
      ['is of another size', { sizeBytes: 999 }],
      ['is of another file', { path: '/home/me/other.jpg' }],
      ['is in another vault', { destination: { ...demo, vault: 'other' } }],
    ])('is missing when that one %s', async (_, changes) => {
      await receipt('new', { path, ...young, ...changes });
      expect(unlisted(['new'])).toEqual({ old: 'missing' });
    });

    test('is missing when that one is missing or deleted, too', async () => {
      await receipt('new', { path });
      expect(unlisted([])).toEqual({ old: 'missing', new: 'missing' });
      await log.noteDeleted('new');
      expect(unlisted(['new'])).toEqual({ old: 'missing' });
    });
  });
});

describe('the receipts that an inventory is about', () => {
  const ofVault = { region: 'eu-west-1', accountId, name: 'demo' };
  const head = { takenAt: null, vault: ofVault };
  const csv = { takenAt: null, vault: null };
  const about = (
    reference: { destination?: Partial<Destination>; accountId?: string },
    named = {},
    of = head,
  ) =>
    receiptsOf(
      [],
      of,
      named,
    )({ destination: { ...demo, ...reference.destination }, accountId: reference.accountId ?? accountId });

  test('are those of its vault, region and account', () => {
    expect(about({})).toBe(true);
    expect(about({ destination: { vault: 'other' } })).toBe(false);
    expect(about({ destination: { region: 'us-east-1' } })).toBe(false);
    expect(about({ accountId: '999999999999' })).toBe(false);
    expect(about({ accountId: '' })).toBe(true);
    expect(about({ destination: { region: 'local' } })).toBe(true);
  });

  test('are of the vault that options name where it names none', () => {
    expect(() => receiptsOf([], csv, {})).toThrow('does not tell of which vault it is');
    const named = receiptsOf([], csv, { vault: 'demo', region: 'eu-west-1' });
    expect(named({ destination: demo, accountId })).toBe(true);
    expect(named({ destination: { ...demo, region: 'us-east-1' }, accountId })).toBe(false);
    expect(named({ destination: { ...demo, vault: 'other' }, accountId })).toBe(false);
  });

  test.each([
    ['vault', { vault: 'other' }, 'of vault demo, not of other'],
    ['region', { region: 'us-east-1' }, 'in region eu-west-1, not in us-east-1'],
    ['account', { accountId: '999999999999' }, `of account ${accountId}, not of 999999999999`],
  ])('cannot be of another %s than options name', (_, named, text) => {
    expect(() => receiptsOf([], head, named)).toThrow(text);
  });

  test('must be of one vault', () => {
    const [one, other] = ['eu-west-1', 'us-east-1'].map((region) => ({
      destination: { ...demo, region },
      accountId,
    }));
    if (!one || !other) throw new Error('there are two');
    expect(() => receiptsOf([one, other], csv, { vault: 'demo' })).toThrow(
      `region eu-west-1, account ${accountId}; region us-east-1, account ${accountId}`,
    );
    // The same one by another profile, one that is not meant, and one whose account is not known.
    const byProfile = { destination: { ...demo, profile: 'backup' }, accountId };
    const ofName = { destination: { ...demo, vault: 'other' }, accountId: '999999999999' };
    receiptsOf([one, byProfile, ofName], csv, { vault: 'demo' });
    receiptsOf([one, { ...one, accountId: '' }], head, {});
    const embedded = { destination: { ...demo, region: 'local', endpoint: 'local:1234' }, accountId };
    expect(() => receiptsOf([one, embedded], csv, { vault: 'demo' })).toThrow('an embedded one (local:1234)');
    const served = { destination: { ...demo, endpoint: 'http://127.0.0.1:1' }, accountId: '' };
    expect(() => receiptsOf([one, served], csv, { vault: 'demo' })).toThrow(
      'account unknown, http://127.0.0.1:1',
    );
  });

  test('of a destination are compared by its region and account; an embedded vault has no region', () => {
    assertVaultAt(head, demo);
    assertVaultAt(csv, demo);
    assertVaultAt(head, { ...demo, region: 'local' });
    expect(() => assertVaultAt(head, { ...demo, region: 'us-east-1' })).toThrow('region');
    expect(() => assertVaultAt(head, { ...demo, accountOption: '999999999999' })).toThrow('account');
  });
});

describe('what an inventory says is noted', () => {
  /** Taken so many days before noon of the tenth, when it was also asked for. */
  function inventory(archiveIds: readonly (string | null)[], days = 0): InventorySource {
    const takenMs = noonMs - days * dayMs;
    const text = JSON.stringify({
      VaultARN: `arn:aws:glacier:eu-west-1:${accountId}:vaults/demo`,
      InventoryDate: new Date(takenMs).toISOString(),
      ArchiveList: archiveIds.map((archiveId) => ({
        ...(archiveId === null ? {} : { ArchiveId: archiveId }),
        ArchiveDescription: '',
        CreationDate: '2026-01-01T00:00:00Z',
        Size: 1000,
        SHA256TreeHash: 'ab'.repeat(32),
      })),
    });
    async function* bytes() {
      yield Buffer.from(text);
    }
    return { name: 'inventory', askedAtMs: null, read: () => new InventoryReading(bytes()) };
  }
  const gone = (archiveId: string) => log.byArchiveId(archiveId)?.gone?.reason ?? null;

  test('of each archive that it must list and does not', async () => {
    await receipt('listed');
    await receipt('unlisted');
    await receipt('young', { completedAt: new Date(noonMs - dayMs).toISOString() });
    await receipt('elsewhere', { destination: { ...demo, region: 'us-east-1' } });
    await receipt('deleted');
    await log.noteDeleted('deleted');
    expect(await noteUnlisted(log, inventory(['listed']), demo)).toBe(1);
    expect(['listed', 'unlisted', 'young', 'elsewhere', 'deleted'].map(gone)).toEqual([
      null,
      'not-listed',
      null,
      null,
      null,
    ]);
    expect(await noteUnlisted(log, inventory(['listed']), demo)).toBe(0);
  });

  test('but not while an entry without an ID may be any archive', async () => {
    await receipt('unlisted');
    expect(await noteUnlisted(log, inventory([null]), demo)).toBe(0);
    expect(gone('unlisted')).toBe(null);
  });

  test('of one that is there again, unless the inventory is older than the note, or a person made it', async () => {
    for (const archiveId of ['found', 'forgotten']) await receipt(archiveId);
    await log.noteGone('found', 'not-listed');
    await log.noteGone('forgotten', 'forgotten');
    clock.pass(dayMs);
    await noteUnlisted(log, inventory(['found', 'forgotten'], 0), demo);
    expect(gone('found')).toBe('not-listed');
    clock.pass(dayMs);
    await noteUnlisted(log, inventory(['found', 'forgotten'], -2), demo);
    expect([gone('found'), gone('forgotten')]).toEqual([null, 'forgotten']);
  });
});
