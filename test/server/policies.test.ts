/** Vault locks, access policies and the data retrieval policy, as the real SDK asks for them. */
import {
  AbortVaultLockCommand,
  CompleteVaultLockCommand,
  CreateVaultCommand,
  DeleteArchiveCommand,
  DeleteVaultAccessPolicyCommand,
  GetDataRetrievalPolicyCommand,
  GetVaultAccessPolicyCommand,
  GetVaultLockCommand,
  GlacierClient,
  InitiateJobCommand,
  InitiateVaultLockCommand,
  SetDataRetrievalPolicyCommand,
  SetVaultAccessPolicyCommand,
  UploadArchiveCommand,
} from '@aws-sdk/client-glacier';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { VaultServerOptions } from '../../src/server/index.js';
import { holds } from '../../src/server/policy/conditions.js';
import { denies, parsePolicy } from '../../src/server/policy/policy.js';
import { ACCOUNT, sampleBytes, startTestVault, type TestVault } from './helpers/vault.js';

const ARN = `arn:aws:glacier:eu-west-1:${ACCOUNT}:vaults/v`;
const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
const common = { accountId: '-', vaultName: 'v' };

const statement = (more: object = {}) => ({
  Effect: 'Deny',
  Principal: '*',
  Action: 'glacier:DeleteArchive',
  Resource: [ARN],
  ...more,
});

const policy = (...statements: object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements });

const youngerThan = (days: number) =>
  policy(statement({ Condition: { NumericLessThan: { 'glacier:ArchiveAgeInDays': String(days) } } }));

/** A vault on a clock that the test moves, and the real SDK. */
async function start(options: Omit<VaultServerOptions, 'dir'> = {}) {
  const clock = { nowMs: Date.UTC(2026, 0, 1, 12) };
  const vault = await startTestVault({ now: () => clock.nowMs, ...options });
  const open = () =>
    new GlacierClient({
      endpoint: vault.url,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
      maxAttempts: 1,
    });
  let client = open();
  onTestFinished(() => client.destroy());
  const upload = async (sizeBytes = 10): Promise<string> => {
    const sent = await client.send(new UploadArchiveCommand({ ...common, body: sampleBytes(sizeBytes) }));
    return String(sent.archiveId);
  };
  const remove = (archiveId: string) => client.send(new DeleteArchiveCommand({ ...common, archiveId }));
  const send: GlacierClient['send'] = ((command: never) => client.send(command)) as never;
  const restart = async () => {
    await vault.restart();
    client.destroy();
    client = open();
  };
  return { vault, clock, send, upload, remove, restart };
}

const denied = {
  name: 'AccessDeniedException',
  message: `User: arn:aws:iam::${ACCOUNT}:root is not authorized to perform: glacier:DeleteArchive on resource: ${ARN} with an explicit deny in a resource-based policy`,
  $metadata: { httpStatusCode: 403 },
};
const gone = { name: 'ResourceNotFoundException', $metadata: { httpStatusCode: 404 } };
const refused = { name: 'AccessDeniedException', $metadata: { httpStatusCode: 403 } };
const bad = { name: 'InvalidParameterValueException', $metadata: { httpStatusCode: 400 } };

describe('a vault lock', () => {
  test('keeps archives from being deleted until they are old enough, before and after it is completed', async () => {
    const { clock, send, upload, remove } = await start();
    const archiveId = await upload();
    const { lockId } = await send(
      new InitiateVaultLockCommand({ ...common, policy: { Policy: youngerThan(365) } }),
    );
    await expect(remove(archiveId)).rejects.toMatchObject(denied);
    await send(new CompleteVaultLockCommand({ ...common, lockId }));
    clock.nowMs += 365 * DAY_MS - 1;
    await expect(remove(archiveId)).rejects.toMatchObject(denied);
    clock.nowMs += 1;
    await expect(remove(archiveId)).resolves.toMatchObject({ $metadata: { httpStatusCode: 204 } });
  });

  test('shows its policy, its state and when its ID expires', async () => {
    const { clock, send, restart } = await start();
    await expect(send(new GetVaultLockCommand(common))).rejects.toMatchObject(gone);
    const Policy = youngerThan(1);
    const { lockId } = await send(new InitiateVaultLockCommand({ ...common, policy: { Policy } }));
    expect(lockId).toMatch(/^[A-Za-z0-9_-]{24}$/);
    expect(await send(new GetVaultLockCommand(common))).toMatchObject({
      Policy,
      State: 'InProgress',
      CreationDate: '2026-01-01T12:00:00.000Z',
      ExpirationDate: '2026-01-02T12:00:00.000Z',
    });
    await send(new CompleteVaultLockCommand({ ...common, lockId }));
    clock.nowMs += 30 * DAY_MS;
    await restart();
    const locked = await send(new GetVaultLockCommand(common));
    expect(locked).toMatchObject({ Policy, State: 'Locked', CreationDate: '2026-01-01T12:00:00.000Z' });
    expect(locked.ExpirationDate ?? null).toBeNull();
  });

  test('that is not completed within a day is gone, and so is its policy', async () => {
    const { clock, send, upload, remove } = await start();
    const archiveId = await upload();
    const lock = { ...common, policy: { Policy: youngerThan(365) } };
    const { lockId } = await send(new InitiateVaultLockCommand(lock));
    clock.nowMs += DAY_MS - 1;
    await expect(remove(archiveId)).rejects.toMatchObject(denied);
    clock.nowMs += 1;
    await expect(send(new GetVaultLockCommand(common))).rejects.toMatchObject(gone);
    await expect(send(new CompleteVaultLockCommand({ ...common, lockId }))).rejects.toMatchObject(gone);
    await remove(archiveId);
    await send(new InitiateVaultLockCommand(lock));
  });

  test('takes each step in its state only, and a repeated one where it is harmless', async () => {
    const { send, restart } = await start();
    const lock = { ...common, policy: { Policy: youngerThan(1) } };
    await send(new AbortVaultLockCommand(common));
    await send(new InitiateVaultLockCommand(lock));
    await expect(send(new InitiateVaultLockCommand(lock))).rejects.toMatchObject(refused);
    await send(new AbortVaultLockCommand(common));
    await send(new AbortVaultLockCommand(common));
    await expect(send(new GetVaultLockCommand(common))).rejects.toMatchObject(gone);
    const { lockId } = await send(new InitiateVaultLockCommand(lock));
    const wrong = new CompleteVaultLockCommand({ ...common, lockId: 'x'.repeat(24) });
    await expect(send(wrong)).rejects.toMatchObject(bad);
    await send(new CompleteVaultLockCommand({ ...common, lockId }));
    await restart();
    await send(new CompleteVaultLockCommand({ ...common, lockId }));
    await expect(send(wrong)).rejects.toMatchObject(refused);
    await expect(send(new AbortVaultLockCommand(common))).rejects.toMatchObject(refused);
    await expect(send(new InitiateVaultLockCommand(lock))).rejects.toMatchObject(refused);
  });
});

describe('an access policy', () => {
  test('denies what it says, to the vault it says, until it is taken away', async () => {
    const { send, upload, remove, restart } = await start();
    const archiveId = await upload();
    await expect(send(new GetVaultAccessPolicyCommand(common))).rejects.toMatchObject(gone);
    const Policy = policy(statement({ Action: 'glacier:Delete*', Principal: { AWS: ACCOUNT } }));
    await send(new SetVaultAccessPolicyCommand({ ...common, policy: { Policy } }));
    expect((await send(new GetVaultAccessPolicyCommand(common))).policy).toEqual({ Policy });
    await restart();
    await expect(remove(archiveId)).rejects.toMatchObject(denied);
    await send(new CreateVaultCommand({ ...common, vaultName: 'w' }));
    const elsewhere = new DeleteArchiveCommand({ ...common, vaultName: 'w', archiveId: 'a'.repeat(138) });
    await expect(send(elsewhere)).resolves.toBeDefined();
    await upload();
    await send(new DeleteVaultAccessPolicyCommand(common));
    await send(new DeleteVaultAccessPolicyCommand(common));
    await remove(archiveId);
  });

  test('of Allow statements changes nothing, and a lock beside it still denies', async () => {
    const { send, upload, remove } = await start();
    const archiveId = await upload();
    const Policy = policy(statement({ Effect: 'Allow', Action: 'glacier:*' }));
    await send(new SetVaultAccessPolicyCommand({ ...common, policy: { Policy } }));
    await send(new InitiateVaultLockCommand({ ...common, policy: { Policy: youngerThan(1) } }));
    await expect(remove(archiveId)).rejects.toMatchObject(denied);
    await send(new AbortVaultLockCommand(common));
    await remove(archiveId);
  });

  test.each([
    ['no JSON', '{', 'it is not JSON'],
    ['no statement', '{"Version":"2012-10-17"}', 'it has no Statement'],
    ['no effect', policy(statement({ Effect: 'Maybe' })), 'Effect must be Allow or Deny'],
    ['no principal', policy(statement({ Principal: undefined })), 'it has no Principal'],
    ['a condition that is not evaluated', policy(statement({ Condition: { IpAddress: {} } })), 'IpAddress'],
    ['NotAction', policy(statement({ NotAction: 'x' })), 'NotAction is not supported'],
    ['more than 20 KB', policy(statement({ Sid: 'x'.repeat(20_481) })), 'it is longer than 20 KB'],
  ])('with %s is refused, and the one before stays', async (_name, Policy, why) => {
    const { send } = await start();
    const before = youngerThan(1);
    await send(new SetVaultAccessPolicyCommand({ ...common, policy: { Policy: before } }));
    await expect(
      send(new SetVaultAccessPolicyCommand({ ...common, policy: { Policy } })),
    ).rejects.toMatchObject({ ...bad, message: expect.stringContaining(why) });
    expect((await send(new GetVaultAccessPolicyCommand(common))).policy).toEqual({ Policy: before });
  });

  test.each([
    ['another account', { Principal: { AWS: '999999999999' } }, false],
    ['this account', { Principal: { AWS: ['999999999999', `arn:aws:iam::${ACCOUNT}:root`] } }, true],
    ['all vaults', { Resource: '*' }, true],
    ['vaults of that kind', { Resource: 'arn:aws:glacier:*:*:vaults/?' }, true],
    ['another vault', { Resource: `${ARN}w` }, false],
    ['another action', { Action: ['glacier:UploadArchive', 'glacier:Initiate*'] }, false],
    ['the action in other letters', { Action: 'GLACIER:deletearchive' }, true],
  ])('for %s', (_name, more, isDenied) => {
    const access = { accountId: ACCOUNT, action: 'glacier:DeleteArchive', vaultArn: ARN, context: {} };
    expect(denies(parsePolicy(policy(statement(more))), access)).toBe(isDenied);
  });
});

describe('a condition', () => {
  const context = { 'glacier:archiveageindays': '30', 'aws:currenttime': '2026-01-01T12:00:00.000Z' };

  test.each([
    ['NumericLessThan', 'glacier:ArchiveAgeInDays', ['31'], true],
    ['NumericLessThan', 'glacier:ArchiveAgeinDays', ['30'], false],
    ['NumericLessThanEquals', 'glacier:ArchiveAgeInDays', ['30'], true],
    ['NumericGreaterThan', 'glacier:ArchiveAgeInDays', ['4'], true],
    ['NumericNotEquals', 'glacier:ArchiveAgeInDays', ['30', '31'], false],
    ['DateGreaterThan', 'aws:CurrentTime', ['2025-12-31T00:00:00Z'], true],
    ['DateLessThan', 'aws:CurrentTime', ['2025-12-31T00:00:00Z'], false],
    ['StringLike', 'glacier:ResourceTag/LegalHold', ['true', ''], false],
    ['StringNotEquals', 'glacier:ResourceTag/LegalHold', ['true'], true],
    ['StringEqualsIfExists', 'glacier:ResourceTag/LegalHold', ['true'], true],
    ['Null', 'glacier:ResourceTag/LegalHold', ['true'], true],
    ['Null', 'glacier:ArchiveAgeInDays', ['true'], false],
  ])('%s of %s and %j', (operator, key, values, met) => {
    expect(holds({ operator, key, values }, context)).toBe(met);
  });
});

describe('the data retrieval policy', () => {
  const set = (rule: object) =>
    new SetDataRetrievalPolicyCommand({ accountId: '-', Policy: { Rules: [rule] } });
  const get = new GetDataRetrievalPolicyCommand({ accountId: '-' });
  const enforced = {
    name: 'PolicyEnforcedException',
    message: 'InitiateJob request denied by current data retrieval policy.',
    $metadata: { httpStatusCode: 400 },
  };

  async function withArchives() {
    const started = await start({ seeds: ['v=3:1000000:10d-1d', 'v=1:341M:10d-1d'] });
    const ids = await listed(started.vault);
    const retrieve = (i: number, Tier = 'Standard') =>
      started.send(
        new InitiateJobCommand({
          ...common,
          jobParameters: { Type: 'archive-retrieval', ArchiveId: ids[i], Tier },
        }),
      );
    return { ...started, retrieve };
  }

  test('is None at first, and is kept', async () => {
    const { send, restart } = await start();
    expect((await send(get)).Policy?.Rules).toEqual([{ Strategy: 'None' }]);
    await send(set({ Strategy: 'BytesPerHour', BytesPerHour: 10_737_418_240 }));
    await restart();
    expect((await send(get)).Policy?.Rules).toEqual([
      { Strategy: 'BytesPerHour', BytesPerHour: 10_737_418_240 },
    ]);
  });

  test('of bytes an hour refuses the Standard retrieval that exceeds them, and no other', async () => {
    const { clock, send, retrieve, vault } = await withArchives();
    await send(set({ Strategy: 'BytesPerHour', BytesPerHour: 2_500_000 }));
    await retrieve(0);
    await retrieve(1);
    await expect(retrieve(2)).rejects.toMatchObject(enforced);
    await retrieve(2, 'Bulk');
    await retrieve(3, 'Expedited');
    await listed(vault);
    clock.nowMs += HOUR_MS - 1;
    await expect(retrieve(2)).rejects.toMatchObject(enforced);
    clock.nowMs += 1;
    await retrieve(2);
    await expect(retrieve(3)).rejects.toMatchObject(enforced);
    await send(set({ Strategy: 'None' }));
    await retrieve(3);
  });

  test('of the free tier refuses what exceeds the thirtieth part of 10 GiB on a day', async () => {
    const { clock, send, retrieve } = await withArchives();
    await send(set({ Strategy: 'FreeTier' }));
    await retrieve(0);
    await expect(retrieve(3)).rejects.toMatchObject(enforced);
    clock.nowMs = Date.UTC(2026, 0, 2);
    await retrieve(3);
    await expect(retrieve(1)).rejects.toMatchObject(enforced);
  });

  test.each([
    [{ Strategy: 'BytesPerHour' }, 'BytesPerHour must be a whole number'],
    [{ Strategy: 'BytesPerHour', BytesPerHour: 0 }, 'BytesPerHour must be a whole number'],
    [{ Strategy: 'FreeTier', BytesPerHour: 5 }, 'BytesPerHour is for the strategy'],
    [{ Strategy: 'Some' }, 'Invalid strategy: Some'],
  ])('%j is refused', async (rule, why) => {
    const { send } = await start();
    await expect(send(set(rule))).rejects.toMatchObject({ ...bad, message: expect.stringContaining(why) });
    expect((await send(get)).Policy?.Rules).toEqual([{ Strategy: 'None' }]);
  });
});

/** The archive IDs of the vault's inventory. */
async function listed(vault: TestVault): Promise<string[]> {
  const body = Buffer.from(JSON.stringify({ Type: 'inventory-retrieval' }));
  const { headers } = await vault.ask('POST', '/-/vaults/v/jobs', { body });
  const { json } = await vault.ask('GET', `/-/vaults/v/jobs/${headers['x-amz-job-id']}/output`);
  return json.ArchiveList.map(({ ArchiveId }: { ArchiveId: string }) => ArchiveId);
}
