/** Where an upload goes, before anything is opened there. */
import type { WhereOptions } from '../../session/where-words.js';

/** As options say it or as a session has kept it. */
export type WhereTo = WhereOptions;

/** Tells places apart where one may be down, or refuse the credentials, while another answers. */
export function placeKey({ local, region, profile, accountId, endpointUrl }: WhereTo): string {
  return JSON.stringify([local, region, profile, accountId, endpointUrl]);
}

/** The same with its vault. */
export function vaultPlaceKey(whereTo: WhereTo): string {
  return JSON.stringify([placeKey(whereTo), whereTo.vault]);
}
