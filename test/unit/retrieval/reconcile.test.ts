/** An upload whose end is unknown, settled by Complete or by an inventory, on the vault in memory. */
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { GlacierUpError } from '../../../src/errors.js';
import type { InventoriedArchive } from '../../../src/glacier/inventory/inventory.js';
import type { SiftedInventory } from '../../../src/glacier/inventory/inventory-source.js';
import { reconcile } from '../../../src/retrieval/reconcile.js';
import type { CompletingSession } from '../../../src/session/session.js';
import { transfer } from '../../../src/transfer/transfer.js';
import { seededFile } from '../../helpers/bytes.js';
import { memoryPlace, sharedPool } from '../../helpers/memory-place.js';

sharedPool();
const hourMs = 3_600_000;

let place: Awaited<ReturnType<typeof memoryPlace>>;
let file: string;

beforeEach(async () => {
  place = await memoryPlace();
  file = join(place.folder, 'photos.tar');
  seededFile(file, 1000);
});

async function sessions() {
  return (await place.next()).deps.sessions.list().sessions;
}

/** @param how Complete fails: before the archive is made, or after */
async function interrupted(how: 'unsent' | 'lost'): Promise<CompletingSession> {
  const { deps } = await place.next();
  place.vault.failNext('completeUpload', how, 'access-denied');
  await expect(transfer(deps, { file, mode: 'upload' })).rejects.toMatchObject({ code: 'access-denied' });
  const [session] = await sessions();
  if (session?.phase !== 'completing') throw new Error('Complete was sent');
  place.vault.requests.length = 0;
  return session;
}

/** The service does not know the upload any more. The archive is there if Complete has made it. */
async function forgotten(how: 'unsent' | 'lost'): Promise<CompletingSession> {
  const session = await interrupted(how);
  place.vault.forget(session.uploadId);
  await expect(run(session)).rejects.toMatchObject({ code: 'job-pending' });
  return session;
}

/** One run of the command. */
async function run({ id }: { id: string }, { given = null as SiftedInventory | null, wait = false } = {}) {
  const { deps, inventories } = await place.next();
  return reconcile(deps, id, 'photos.tar', { inventories, given, wait });
}

/** What an inventory would list for the upload. */
function archiveOf({ completion, description }: CompletingSession): InventoriedArchive {
  const createdAt = new Date(place.clock.now()).toISOString();
  return { archiveId: 'the-archive', description, createdAt, ...completion };
}

/** An inventory that was taken so many hours from now. */
function inventory(hours: number, changes: Partial<SiftedInventory> = {}): SiftedInventory {
  return {
    name: 'kept',
    takenAt: new Date(place.clock.now() + hours * hourMs).toISOString(),
    vault: { region: 'us-east-1', accountId: '123456789012', name: 'memory' },
    archives: 1,
    sizeBytes: 1000,
    malformed: 0,
    newestMs: null,
    askedAtMs: null,
    fitting: [],
    ...changes,
  };
}

describe('an upload whose end is not unknown', () => {
  test('is resumed as any other', async () => {
    const { deps } = await place.next();
    place.vault.failNext('uploadPart', 'unsent', 'access-denied');
    await expect(transfer(deps, { file, mode: 'upload' })).rejects.toMatchObject({ code: 'access-denied' });
    const [session] = await sessions();
    expect(await run({ id: session?.id ?? '' })).toMatchObject({
      kind: 'open',
      session: { phase: 'uploading' },
    });
    expect(await run({ id: '0123456789abcdef0123' })).toEqual({ kind: 'open', session: null });
  });

  test('is named by Complete', async () => {
    const session = await interrupted('lost');
    const [archiveId] = place.vault.archives.keys();
    expect(await run(session)).toMatchObject({ kind: 'archived', receipt: { archiveId } });
    expect(await sessions()).toEqual([]);
    expect(place.vault.requests).toEqual(['completeUpload']);
  });

  test('is open when Complete is refused and ListParts knows it', async () => {
    const session = await interrupted('unsent');
    const refusal = new GlacierUpError('request-invalid', 'no', {
      service: { operation: 'CompleteMultipartUpload', httpStatus: 400 },
    });
    const { deps, inventories } = await place.next();
    const vault = { ...deps.vault, completeUpload: () => Promise.reject(refusal) };
    const options = { inventories, given: null, wait: false };
    expect(await reconcile({ ...deps, vault }, session.id, 'photos.tar', options)).toMatchObject({
      kind: 'open',
      session: { phase: 'uploading' },
    });
    expect(await sessions()).toMatchObject([{ phase: 'uploading' }]);
  });

  test('that Complete refuses and ListParts does not know is looked for in the inventory', async () => {
    const session = await interrupted('unsent');
    const refusal = new GlacierUpError('request-invalid', 'no', {
      service: { operation: 'CompleteMultipartUpload', httpStatus: 400 },
    });
    place.vault.forget(session.uploadId);
    const { deps, inventories } = await place.next();
    const vault = { ...deps.vault, completeUpload: () => Promise.reject(refusal) };
    const given = inventory(30, { fitting: [archiveOf(session)] });
    const options = { inventories, given, wait: false };
    expect(await reconcile({ ...deps, vault }, session.id, 'photos.tar', options)).toMatchObject({
      kind: 'archived',
      receipt: { archiveId: 'the-archive' },
    });
  });
});

describe('an inventory that is given', () => {
  test('names the archive', async () => {
    const session = await forgotten('unsent');
    const archive = archiveOf(session);
    expect(await run(session, { given: inventory(0, { fitting: [archive] }) })).toMatchObject({
      kind: 'archived',
      receipt: {
        archiveId: 'the-archive',
        location: '/123456789012/vaults/memory/archives/the-archive',
        completedAt: archive.createdAt,
        uploadId: session.uploadId,
      },
    });
    expect(await sessions()).toEqual([]);
  });

  test.each([
    ['other content', { treeHash: '00'.repeat(32) }],
    ['another size', { sizeBytes: 999 }],
    ['another description', { description: 'another' }],
    ['an earlier time', { createdAt: '2020-01-01T00:00:00Z' }],
  ])('does not take an archive of %s for it', async (_, changes) => {
    const session = await forgotten('unsent');
    const given = inventory(0, { fitting: [{ ...archiveOf(session), ...changes }] });
    await expect(run(session, { given })).rejects.toMatchObject({ code: 'job-pending' });
  });

  test('allows for clocks that differ by five minutes', async () => {
    const session = await forgotten('unsent');
    const startedMs = Date.parse(session.startedAt);
    const made = (ms: number) => [{ ...archiveOf(session), createdAt: new Date(ms).toISOString() }];
    const early = inventory(0, { fitting: made(startedMs - 5 * 60_000 - 1) });
    await expect(run(session, { given: early })).rejects.toMatchObject({ code: 'job-pending' });
    const fitting = made(startedMs - 5 * 60_000);
    expect(await run(session, { given: inventory(0, { fitting }) })).toMatchObject({ kind: 'archived' });
  });

  test('does not take the archive of another upload for it', async () => {
    const session = await forgotten('unsent');
    const other = join(place.folder, 'other.tar');
    seededFile(other, 1000);
    const { deps } = await place.next();
    const { receipt } = await transfer(deps, { file: other, mode: 'upload' });
    const fitting = [{ ...archiveOf(session), archiveId: receipt.archiveId }];
    await expect(run(session, { given: inventory(0, { fitting }) })).rejects.toMatchObject({
      code: 'job-pending',
    });
  });

  test('that has several archives of it decides nothing', async () => {
    const session = await forgotten('unsent');
    const fitting = [archiveOf(session), { ...archiveOf(session), archiveId: 'another' }];
    await expect(run(session, { given: inventory(30, { fitting }) })).rejects.toMatchObject({
      code: 'completion-unknown',
      message: expect.stringContaining('the-archive, another'),
    });
    expect(await sessions()).toHaveLength(1);
  });

  test('proves that there is none once it is a day younger than the upload’s end', async () => {
    const session = await forgotten('unsent');
    await expect(run(session, { given: inventory(23) })).rejects.toMatchObject({ code: 'job-pending' });
    expect(await sessions()).toHaveLength(1);
    expect(await run(session, { given: inventory(24) })).toEqual({ kind: 'absent' });
    expect(await sessions()).toEqual([]);
  });

  test('proves nothing while entries of it cannot be read', async () => {
    const session = await forgotten('unsent');
    await expect(run(session, { given: inventory(30, { malformed: 1 }) })).rejects.toMatchObject({
      code: 'completion-unknown',
    });
  });

  test('of another vault is refused', async () => {
    const session = await forgotten('unsent');
    const vault = { region: 'us-east-1', accountId: '123456789012', name: 'another' };
    await expect(run(session, { given: inventory(30, { vault }) })).rejects.toMatchObject({ code: 'usage' });
  });
});

describe('without an inventory', () => {
  test('it is looked at again a day after the end, and then a day later', async () => {
    const session = await interrupted('unsent');
    place.vault.forget(session.uploadId);
    const endMs = place.clock.now();
    const hintAfter = async (hours: number) => {
      place.clock.pass(hours * hourMs);
      const error = await run(session).catch((failure: GlacierUpError) => failure);
      if (!(error instanceof GlacierUpError)) throw new Error('it was settled');
      return String(error.hint);
    };
    expect(await hintAfter(0)).toContain(new Date(endMs + 24 * hourMs).toISOString());
    expect(await hintAfter(24)).toContain(new Date(endMs + 48 * hourMs).toISOString());
  });

  test('and without one in two days there is no archive', async () => {
    const session = await forgotten('unsent');
    place.clock.pass(48 * hourMs - 1);
    await expect(run(session)).rejects.toMatchObject({ code: 'job-pending' });
    place.clock.pass(1);
    expect(await run(session)).toEqual({ kind: 'absent' });
    expect(await sessions()).toEqual([]);
  });

  test('one that the vault has is brought and names the archive', async () => {
    const session = await forgotten('lost');
    const [archiveId] = place.vault.archives.keys();
    place.clock.pass(25 * hourMs);
    const { deps, inventories } = await place.next();
    const inventoriedAt = new Date(place.clock.now()).toISOString();
    const described = await deps.vault.describeVault(deps.signal);
    const vault = { ...deps.vault, describeVault: async () => ({ ...described, inventoriedAt }) };
    const options = { inventories, given: null, wait: true };
    expect(await reconcile({ ...deps, vault }, session.id, 'photos.tar', options)).toMatchObject({
      kind: 'archived',
      receipt: { archiveId },
    });
  });

  test('a Complete that worked and names no archive is sent again by the next run', async () => {
    const session = await interrupted('unsent');
    const nameless = new GlacierUpError('completion-unknown', 'no ID in the answer', {
      service: { operation: 'CompleteMultipartUpload', httpStatus: 201 },
    });
    const { deps, inventories } = await place.next();
    const vault = { ...deps.vault, completeUpload: () => Promise.reject(nameless) };
    const options = { inventories, given: inventory(30), wait: false };
    const reconciled = reconcile({ ...deps, vault }, session.id, 'photos.tar', options);
    await expect(reconciled).rejects.toMatchObject({ code: 'completion-unknown' });
    expect(await sessions()).toMatchObject([{ phase: 'completing' }]);
  });
});
