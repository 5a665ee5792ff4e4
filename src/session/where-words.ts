/** The options that lead to a vault. */
import type { UploadSession } from './session.js';

/** Values of the options of the same names. */
export interface WhereOptions {
  vault?: string;
  local?: string;
  region?: string;
  accountId?: string;
  /** null: no profile, even if the environment names one. */
  profile?: string | null;
  endpointUrl?: string | null;
}

/** The options that would lead to a session's destination again. */
export function whereOptionsOf({
  destination,
  localFolder,
}: Pick<UploadSession, 'destination' | 'localFolder'>): WhereOptions {
  const { vault, region, profile, accountOption, endpoint } = destination;
  if (localFolder !== null) return { vault, local: localFolder };
  return { vault, region, accountId: accountOption, profile, endpointUrl: endpoint };
}

/** As words of a command line. */
export function whereWords({
  vault,
  local,
  region,
  profile,
  accountId,
  endpointUrl,
}: WhereOptions): string[] {
  const values = {
    '--vault': vault,
    '--local': local,
    '--region': region,
    '--profile': profile,
    '--account-id': accountId === '-' ? undefined : accountId,
    '--endpoint-url': endpointUrl,
  };
  return Object.entries(values).flatMap(([option, value]) => (value == null ? [] : [option, value]));
}
