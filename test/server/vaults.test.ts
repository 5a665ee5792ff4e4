import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ACCOUNT, sampleBytes, startTestVault } from './helpers/vault.js';

const ARN = `arn:aws:glacier:eu-west-1:${ACCOUNT}:vaults/`;
const DAY_MS = 24 * 60 * 60 * 1000;

describe('vaults', () => {
  test('CreateVault answers 201 with the numeric account in Location, and again the same', async () => {
    const vault = await startTestVault();
    for (const account of ['-', ACCOUNT]) {
      const { status, headers, text } = await vault.ask('PUT', `/${account}/vaults/photos`);
      expect([status, headers.location, text]).toEqual([201, `/${ACCOUNT}/vaults/photos`, '']);
    }
  });

  test('DescribeVault of a new vault is compact JSON with zero counts and a null date', async () => {
    const vault = await startTestVault({ now: () => Date.UTC(2026, 0, 2, 3, 4, 5, 678) });
    const { status, headers, text } = await vault.ask('GET', '/-/vaults/v');
    expect(status).toBe(200);
    expect(text).toBe(
      '{"CreationDate":"2026-01-02T03:04:05.678Z","LastInventoryDate":null,"NumberOfArchives":0,' +
        `"SizeInBytes":0,"VaultARN":"${ARN}v","VaultName":"v"}`,
    );
    expect(headers['content-type']).toBe('application/json');
    expect(headers['content-length']).toBe(String(text.length));
    expect(headers.date).toBe('Fri, 02 Jan 2026 03:04:05 GMT');
  });

  test('an unknown vault is a 404 with its ARN, an illegal name one with the bare name', async () => {
    const vault = await startTestVault();
    const unknown = await vault.ask('GET', '/-/vaults/other');
    expect([unknown.status, unknown.text]).toEqual([
      404,
      `{"code":"ResourceNotFoundException","message":"Vault not found for ARN: ${ARN}other","type":"Client"}`,
    ]);
    const illegal = await vault.ask('GET', '/-/vaults/b%20d');
    expect([illegal.status, illegal.json.message]).toEqual([404, 'Vault not found for ARN: b d']);
    expect((await vault.ask('PUT', '/-/vaults/b%2F..%2Fd')).json.code).toBe('InvalidParameterValueException');
  });

  test('ListVaults gives ten a page in the order of the names; the marker leads through all of them', async () => {
    const vault = await startTestVault();
    for (let i = 12; i >= 1; i -= 1) await vault.ask('PUT', `/-/vaults/a${String(i).padStart(2, '0')}`);
    const first = (await vault.ask('GET', '/-/vaults')).json;
    expect(first.VaultList).toHaveLength(10);
    expect(first.Marker).toBe(`${ARN}a11`);
    const second = (await vault.ask('GET', `/-/vaults?marker=${encodeURIComponent(first.Marker)}`)).json;
    expect(second.VaultList.map((one: { VaultName: string }) => one.VaultName)).toEqual(['a11', 'a12', 'v']);
    expect(second.Marker).toBeNull();
    const one = (await vault.ask('GET', '/-/vaults?limit=1')).text;
    expect(one).toMatch(/^\{"Marker":"[^"]+","VaultList":\[\{"CreationDate"/);
  });

  test.each(['0', '11', 'x', '-1', '1.5'])('ListVaults refuses limit=%s', async (limit) => {
    const vault = await startTestVault();
    const { status, json } = await vault.ask('GET', `/-/vaults?limit=${limit}`);
    expect([status, json.code]).toEqual([400, 'InvalidParameterValueException']);
  });

  test('the 1,001st vault is refused', async () => {
    const vault = await startTestVault();
    await vault.server.close();
    for (let i = 2; i <= 1000; i += 1) {
      const folder = join(vault.dir, 'vaults', String(i));
      for (const name of ['archives', 'uploads']) await mkdir(join(folder, name), { recursive: true });
      const record = { name: `n${i}`, createdAtMs: 0, lastWriteAtMs: null, inventory: null };
      await writeFile(join(folder, 'vault.json'), JSON.stringify(record));
    }
    await vault.restart();
    const { status, json } = await vault.ask('PUT', '/-/vaults/one-more');
    expect([status, json.code]).toEqual([400, 'LimitExceededException']);
    expect((await vault.ask('PUT', '/-/vaults/n2')).status).toBe(201);
  });

  test('names that a file system would trip over are just names', async () => {
    const vault = await startTestVault();
    for (const name of ['...', '-', '_', 'vault.json', 'A', 'a']) {
      expect((await vault.ask('PUT', `/-/vaults/${name}`)).status).toBe(201);
    }
    await vault.restart();
    const { json } = await vault.ask('GET', '/-/vaults');
    const names = json.VaultList.map((one: { VaultName: string }) => one.VaultName);
    expect(names).toEqual(['-', '...', 'A', '_', 'a', 'v', 'vault.json']);
  });
});

describe('the inventory', () => {
  test('counts show up with the next daily inventory, each archive with 32,768 bytes on top', async () => {
    let nowMs = Date.UTC(2026, 0, 1);
    const vault = await startTestVault({ now: () => nowMs });
    nowMs += 1000;
    await vault.upload(sampleBytes(1000));
    await vault.upload(sampleBytes(2000));
    expect((await vault.ask('GET', '/-/vaults/v')).json).toMatchObject({
      NumberOfArchives: 0,
      LastInventoryDate: null,
    });
    nowMs += DAY_MS;
    await vault.upload(sampleBytes(3000));
    const expected = {
      NumberOfArchives: 2,
      SizeInBytes: 3000 + 2 * 32_768,
      LastInventoryDate: '2026-01-02T00:00:00.000Z',
    };
    expect((await vault.ask('GET', '/-/vaults/v')).json).toMatchObject(expected);
    await vault.restart();
    expect((await vault.ask('GET', '/-/vaults/v')).json).toMatchObject(expected);
    nowMs += 5 * DAY_MS;
    expect((await vault.ask('GET', '/-/vaults/v')).json).toMatchObject({
      NumberOfArchives: 3,
      LastInventoryDate: '2026-01-03T00:00:00.000Z',
    });
  });

  test('can be told to be immediate', async () => {
    const vault = await startTestVault({ inventoryEveryMs: 0 });
    await vault.upload(sampleBytes(10));
    expect((await vault.ask('GET', '/-/vaults/v')).json).toMatchObject({
      NumberOfArchives: 1,
      SizeInBytes: 32_778,
    });
  });
});

describe('DeleteVault', () => {
  test('deletes a vault that was never written to, and one that is gone already', async () => {
    const vault = await startTestVault();
    expect((await vault.ask('DELETE', '/-/vaults/v')).status).toBe(204);
    expect((await vault.ask('DELETE', '/-/vaults/v')).status).toBe(204);
    expect((await vault.ask('GET', '/-/vaults/v')).status).toBe(404);
  });

  test('is refused until an inventory has seen the vault empty', async () => {
    let nowMs = Date.UTC(2026, 0, 1);
    const vault = await startTestVault({ now: () => nowMs });
    const archiveId = await vault.upload(sampleBytes(10));
    const refused = {
      code: 'InvalidParameterValueException',
      message: `Vault not empty or recently written to: ${ARN}v`,
      type: 'Client',
    };
    expect(await vault.ask('DELETE', '/-/vaults/v')).toMatchObject({ status: 400, json: refused });
    nowMs += DAY_MS;
    expect((await vault.ask('DELETE', `/-/vaults/v/archives/${archiveId}`)).status).toBe(204);
    expect(await vault.ask('DELETE', '/-/vaults/v')).toMatchObject({ status: 400, json: refused });
    nowMs += DAY_MS;
    expect((await vault.ask('DELETE', '/-/vaults/v')).status).toBe(204);
    await vault.restart();
    expect((await vault.ask('GET', '/-/vaults/v')).status).toBe(404);
  });
});
