/** Requests to one vault whose work overlaps, and requests that are sent again after a fault. */
import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { Archives } from '../../src/server/store/archives.js';
import type { Vault, VaultSettings } from '../../src/server/store/vault.js';
import { VaultFolder } from '../../src/server/store/vault-folder.js';
import { tempFolder } from '../helpers/temp-folder.js';

/** SHA-256 of the single byte `x`, from `printf x | sha256sum`. */
const treeHash = '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881';
const known = { description: null, sizeBytes: 1, treeHash };

function openVaults(dir: string, settings: Partial<VaultSettings> = {}): VaultFolder {
  return new VaultFolder(dir, { inventoryEveryMs: 0, jobLifeMs: 1, trustBytes: true, ...settings });
}

function newFolder(): string {
  const dir = tempFolder();
  mkdirSync(join(dir, 'vaults'));
  return dir;
}

async function newVault(vaults: VaultFolder, name: string): Promise<Vault> {
  await vaults.create(name, 1000);
  return vaults.find(name, name);
}

function add(vault: Vault, nowMs: number) {
  const path = vault.newIncomingPath();
  writeFileSync(path, 'x');
  return vault.addReceived(path, nowMs, known);
}

async function newUpload(vault: Vault): Promise<() => ReturnType<Vault['completeUpload']>> {
  const uploadId = 'upload';
  const record = { uploadId, description: null, partSizeBytes: 1024 * 1024, createdAtMs: 1000 };
  const upload = await vault.uploads.create(record);
  const writer = await upload.beginPart(0);
  await writer.write([Buffer.from('x')], 0);
  await writer.accept(1, treeHash, 1000);
  return () => vault.completeUpload(uploadId, { sizeBytes: 1, treeHash, sentTreeHash: treeHash }, 2000);
}

describe('an archive that comes', () => {
  test('while the vault is being deleted comes into it, or is refused: it never goes with the vault', async () => {
    const dir = newFolder();
    const vaults = openVaults(dir, { inventoryEveryMs: 1 });
    const outcomes = new Set<string>();
    const kept: string[] = [];
    for (let later = 0; later < 80; later += 1) {
      const name = `vault-${later}`;
      const vault = await newVault(vaults, name);
      const adding = add(vault, 2000);
      const deleting = delay(later / 4).then(() => vaults.delete(name, name, 900_000));
      const [added, deleted] = await Promise.allSettled([adding, deleting]);
      outcomes.add(`${added.status} ${deleted.status}`);
      if (added.status === 'fulfilled') kept.push(name);
    }
    expect(outcomes).toEqual(new Set(['fulfilled rejected', 'rejected fulfilled']));
    const again = openVaults(dir);
    await again.load(1_000_000);
    expect(again.all.map((vault) => [vault.record.name, vault.archives.count])).toEqual(
      kept.map((name) => [name, 1]),
    );
  });

  test('while stock is taken is in that inventory, or in the next one', async () => {
    const vaults = openVaults(newFolder());
    for (let later = 0; later < 40; later += 1) {
      const vault = await newVault(vaults, `vault-${later}`);
      const adding = [add(vault, 2000), add(vault, 2000)];
      await delay(later / 8);
      // The request that takes stock may have come later than those that it overtakes.
      await vault.inspect(3000);
      await Promise.all([...adding, vault.inspect(3001)]);
      expect((await vault.lastInventory(4000))?.archives).toHaveLength(2);
    }
  });
});

describe('a Complete that is sent again', () => {
  test('after the flush failed that makes the archive stay gets the archive', async () => {
    const vault = await newVault(openVaults(newFolder()), 'photos');
    const complete = await newUpload(vault);
    vi.spyOn(Archives.prototype, 'settle').mockRejectedValueOnce(new Error('EIO'));
    await expect(complete()).rejects.toThrow('EIO');
    const { archiveId } = await complete();
    expect([...vault.archives.all]).toMatchObject([{ archiveId, ...known }]);
  });

  test('after a restart gets the archive, though the end of the upload could not be noted', async () => {
    const dir = newFolder();
    const complete = await newUpload(await newVault(openVaults(dir), 'photos'));
    const inTheWay = join(dir, 'vaults/1/uploads/1/ended.json');
    mkdirSync(inTheWay);
    const archive = await complete();
    rmdirSync(inTheWay);
    const again = openVaults(dir);
    await again.load(3000);
    const asked = { sizeBytes: 1, treeHash, sentTreeHash: treeHash };
    expect(await again.find('photos', 'photos').completeUpload('upload', asked, 4000)).toEqual(archive);
  });
});

test('a vault that is about to be deleted is there for nobody', async () => {
  const vault = await newVault(openVaults(newFolder()), 'photos');
  expect(await vault.shutIfEmpty(2000)).toBe(true);
  const notFound = { code: 'ResourceNotFoundException' };
  await expect(add(vault, 3000)).rejects.toMatchObject(notFound);
  await expect(vault.inspect(3000)).rejects.toMatchObject(notFound);
  expect(vault.archives.count).toBe(0);
});

test('a vault whose deletion failed is as it was', async () => {
  const dir = newFolder();
  const vaults = openVaults(dir);
  const vault = await newVault(vaults, 'photos');
  const inTheWay = join(dir, 'vaults/1.unfinished');
  mkdirSync(join(inTheWay, 'something'), { recursive: true });
  await expect(vaults.delete('photos', 'photos', 2000)).rejects.toThrow('ENOTEMPTY');
  await add(vault, 3000);
  expect(vaults.find('photos', 'photos').archives.count).toBe(1);
});
