import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { ServiceError } from '../errors.js';
import type { FaultPlan } from '../faults/faults.js';
import type { ByteSource } from '../store/byte-source.js';
import type { VaultFolder } from '../store/vault-folder.js';
import type { Route } from './operations.js';
import type { ReceivedBody, WriteBytes } from './receive-body.js';

/** What a handler gets: a request that has passed the checks common to all operations. */
export interface VaultRequest extends Route {
  readonly incoming: IncomingMessage;
  readonly headers: IncomingHttpHeaders;
  readonly query: URLSearchParams;
  /** From the signature's scope; one folder serves all regions. */
  readonly region: string;
  readonly accountId: string;
  readonly vaults: VaultFolder;
  readonly nowMs: () => number;
  /** How long a job that is started now takes. */
  readonly jobDelayMs: number;
  /** The body, when it is neither an archive nor a part. */
  readonly body: Buffer;
  /** What is to go wrong with this request. */
  readonly faults: FaultPlan;
  receive(write: WriteBytes): Promise<ReceivedBody>;
}

export interface Reply {
  /** Answered by something between client and service, which knows no request IDs. */
  readonly byStranger?: true;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** A body that is streamed; the reply then names its type itself. */
  readonly bytes?: {
    readonly open: () => Promise<ByteSource>;
    readonly firstByte: number;
    readonly sizeBytes: number;
  };
}

/** 200 with a JSON body. */
export const jsonReply = (value: unknown): Reply => ({ status: 200, body: JSON.stringify(value) });

/** `arn:aws:glacier:REGION:ACCOUNT:vaults/NAME` */
export const vaultArn = (
  { region, accountId }: Pick<VaultRequest, 'region' | 'accountId'>,
  name: string,
): string => `arn:aws:glacier:${region}:${accountId}:vaults/${name}`;

const VAULT_NAME = /^[A-Za-z0-9_.-]{1,255}$/;

/** True for 1 to 255 characters of A-Z a-z 0-9 _ - . (API page "Create Vault"). */
export const isVaultName = (name: string): boolean => VAULT_NAME.test(name);

/** The vault that the request names. An illegal name is an unknown vault, told by its bare name (seen). */
export function findVault(request: VaultRequest) {
  const { vault: name, vaults } = request;
  return vaults.find(name, isVaultName(name) ? vaultArn(request, name) : name);
}

/** `/{account}/vaults/{vault}{rest}`, always with the number of the account, even when `-` was sent (seen). */
export const location = ({ accountId, vault }: VaultRequest, rest = ''): string =>
  `/${accountId}/vaults/${vault}${rest}`;

/** A header's text as it came; undefined when absent. */
export function header({ headers }: Pick<VaultRequest, 'headers'>, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** @throws ServiceError MissingParameterValue when the header is missing or empty */
export function requiredHeader(request: Pick<VaultRequest, 'headers'>, name: string): string {
  const value = header(request, name.toLowerCase());
  if (value === undefined || value === '') {
    throw new ServiceError('MissingParameterValueException', `Required parameter missing: ${name}`);
  }
  return value;
}
