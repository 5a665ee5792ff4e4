/** Where an upload goes, before anything is opened there. */
import type { UploadSession } from '../session/session.js';
import type { OptionValues } from './parsed-options.js';

/** As options say it or as a session has kept it. */
export type WhereTo = Pick<OptionValues, 'vault' | 'local' | 'region' | 'accountId'> & {
  /** null: none, whatever the environment says. */
  profile?: string | null;
  endpointUrl?: string | null;
};

/** Tells places apart where one may be down, or refuse the credentials, while another answers. */
export function placeKey({ local, region, profile, accountId, endpointUrl }: WhereTo): string {
  return JSON.stringify([local, region, profile, accountId, endpointUrl]);
}

/** The same with its vault. */
export function vaultPlaceKey(whereTo: WhereTo): string {
  return JSON.stringify([placeKey(whereTo), whereTo.vault]);
}

/** The options that would lead to a session's destination again. */
export function whereToOf({ destination, localFolder }: UploadSession): WhereTo {
  const { vault, region, profile, accountOption, endpoint } = destination;
  if (localFolder !== null) return { vault, local: localFolder };
  return {
    vault,
    region,
    accountId: accountOption,
    profile,
    endpointUrl: endpoint,
  };
}
