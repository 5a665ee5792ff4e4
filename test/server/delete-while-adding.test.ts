import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { VaultFolder } from '../../src/server/store/vault-folder.js';
import { tempFolder } from '../helpers/temp-folder.js';

test('a vault is deleted, or takes an archive: never does an archive that it took go with it', async () => {
  const dir = tempFolder();
  mkdirSync(join(dir, 'vaults'));
  const vaults = new VaultFolder(dir, { inventoryEveryMs: 1, jobLifeMs: 1, trustBytes: true });
  const outcomes = new Set<string>();
  for (let later = 0; later < 80; later += 1) {
    const name = `vault-${later}`;
    await vaults.create(name, 1000);
    const vault = vaults.find(name, name);
    const path = vault.newIncomingPath();
    writeFileSync(path, 'x');
    const adding = vault.addReceived(path, 2000, { description: null, sizeBytes: 1, treeHash: '' });
    const deleting = delay(later / 4).then(() => vaults.delete(name, name, 900_000));
    const [added, deleted] = await Promise.allSettled([adding, deleting]);
    outcomes.add(`${added.status} ${deleted.status}`);
    if (added.status === 'rejected')
      expect(added.reason).toMatchObject({ code: 'ResourceNotFoundException' });
  }
  expect(outcomes).toEqual(new Set(['fulfilled rejected', 'rejected fulfilled']));
});
