import { jsonDate } from '../dates.js';
import { invalid } from '../errors.js';
import { VAULTS_A_PAGE } from '../limits.js';
import { pageOf } from '../requests/page.js';
import {
  findVault,
  isVaultName,
  jsonReply,
  location,
  type Reply,
  type VaultRequest,
  vaultArn,
} from '../requests/request.js';
import type { InspectedVault } from '../store/stock.js';

/** CreateVault. The text for an illegal name is ours. */
export async function createVault(request: VaultRequest): Promise<Reply> {
  const { vault: name, vaults, nowMs } = request;
  if (!isVaultName(name)) throw invalid(`Invalid vault name: ${name}`);
  await vaults.create(name, nowMs());
  return { status: 201, headers: { Location: location(request) } };
}

/** DescribeVault: sizes and counts are those of the last inventory. */
export async function describeVault(request: VaultRequest): Promise<Reply> {
  return jsonReply(shown(request, await findVault(request).inspect(request.nowMs())));
}

/** ListVaults, sorted by name, ten a page. The marker is the ARN of the next page's first vault (seen). */
export async function listVaults(request: VaultRequest): Promise<Reply> {
  const prefix = vaultArn(request, '');
  const { items, marker } = pageOf(
    request.vaults.byName,
    request.query,
    VAULTS_A_PAGE,
    (vault) => vault.record.name,
    {
      write: (name) => prefix + name,
      read: (text) => (text.startsWith(prefix) ? text.slice(prefix.length) : undefined),
    },
  );
  const VaultList = [];
  for (const vault of items) VaultList.push(shown(request, await vault.inspect(request.nowMs())));
  return jsonReply({ Marker: marker, VaultList });
}

/** DeleteVault: refused unless the last inventory shows no archive and none has come or gone since. */
export async function deleteVault(request: VaultRequest): Promise<Reply> {
  const { vault: name, vaults, nowMs } = request;
  await vaults.delete(name, vaultArn(request, name), nowMs());
  return { status: 204 };
}

/** Without an inventory the service gives 0, 0 and a null date (seen), not the nulls of the guide. */
function shown(request: VaultRequest, { name, createdAtMs, inventory }: InspectedVault) {
  return {
    CreationDate: jsonDate(createdAtMs),
    LastInventoryDate: inventory ? jsonDate(inventory.atMs) : null,
    NumberOfArchives: inventory?.archives ?? 0,
    SizeInBytes: inventory?.sizeBytes ?? 0,
    VaultARN: vaultArn(request, name),
    VaultName: name,
  };
}
