import { mkdirSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { Vault } from '../../src/server/store/vault.js';
import { VaultFolder } from '../../src/server/store/vault-folder.js';
import { tempFolder } from '../helpers/temp-folder.js';

test('a vault whose creation fails at its last step leaves nothing, and can be created', async () => {
  const dir = tempFolder();
  mkdirSync(join(dir, 'vaults'));
  const open = () => new VaultFolder(dir, { inventoryEveryMs: 1, jobLifeMs: 1, trustBytes: true });
  const vaults = open();
  vi.spyOn(Vault.prototype, 'load').mockRejectedValueOnce(new Error('EIO'));
  await expect(vaults.create('photos', 1000)).rejects.toThrow('EIO');
  expect([vaults.has('photos'), await readdir(join(dir, 'vaults'))]).toEqual([false, []]);
  await vaults.create('photos', 2000);
  expect(await readdir(join(dir, 'vaults'))).toHaveLength(1);
  const again = open();
  await again.load(3000);
  expect(again.all.map(({ record }) => record)).toEqual([
    { name: 'photos', createdAtMs: 2000, lastWriteAtMs: null },
  ]);
});
