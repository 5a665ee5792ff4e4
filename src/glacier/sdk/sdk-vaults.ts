/** The vaults of an account, spoken to through the AWS SDK. */
import {
  CreateVaultCommand,
  DeleteVaultCommand,
  DescribeVaultCommand,
  ListVaultsCommand,
} from '@aws-sdk/client-glacier';
import type { DescribedVault, Vaults } from '../vaults.js';
import { foreignReply, type Reply, type SdkClient } from './sdk-client.js';

/** `Vaults`, by CreateVault, DeleteVault, DescribeVault and ListVaults. */
export function sdkVaults({ call, target }: SdkClient): Vaults {
  return {
    createVault: (signal) =>
      call('CreateVault', signal, async (client, { abortSignal }) => {
        const reply = await client.send(new CreateVaultCommand(target), { abortSignal });
        if (!reply.location) throw foreignReply('CreateVault', reply);
        return { location: reply.location };
      }),

    deleteVault: (signal) =>
      call('DeleteVault', signal, async (client, { abortSignal }) => {
        const reply = await client.send(new DeleteVaultCommand(target), { abortSignal });
        if (reply.$metadata.httpStatusCode !== 204) throw foreignReply('DeleteVault', reply);
      }),

    describeVault: (signal) =>
      call('DescribeVault', signal, async (client, { abortSignal }) => {
        const reply = await client.send(new DescribeVaultCommand(target), { abortSignal });
        return describedVault('DescribeVault', reply, reply);
      }),

    listVaultsPage: (marker, signal) =>
      call('ListVaults', signal, async (client, { abortSignal }) => {
        const { accountId } = target;
        const command = new ListVaultsCommand({ accountId, ...(marker ? { marker } : {}) });
        const reply = await client.send(command, { abortSignal });
        if (!Array.isArray(reply.VaultList)) throw foreignReply('ListVaults', reply);
        const vaults = reply.VaultList.map((vault) => describedVault('ListVaults', vault, reply));
        return { vaults, marker: reply.Marker ?? null };
      }),
  };
}

interface VaultFields {
  VaultARN?: string | undefined;
  VaultName?: string | undefined;
  CreationDate?: string | undefined;
  LastInventoryDate?: string | undefined;
  NumberOfArchives?: number | undefined;
  SizeInBytes?: number | undefined;
}

function describedVault(operation: string, fields: VaultFields, reply: Reply): DescribedVault {
  const { VaultARN, VaultName, CreationDate } = fields;
  if (!VaultARN || !VaultName) throw foreignReply(operation, reply);
  return {
    name: VaultName,
    arn: VaultARN,
    createdAt: CreationDate ?? '',
    inventoriedAt: fields.LastInventoryDate ?? null,
    archiveCount: fields.NumberOfArchives ?? 0,
    sizeBytes: fields.SizeInBytes ?? 0,
  };
}
