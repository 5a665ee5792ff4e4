/** Which vault is meant, before anything is sent to it. */
import type { WhereOptions } from '../../session/where-words.js';

/** As options say it or as a session has kept it. */
export type VaultSelector = WhereOptions;

/** Tells places apart where one may be down, or refuse the credentials, while another answers. */
export function placeKey({ local, region, profile, accountId, endpointUrl }: VaultSelector): string {
  return JSON.stringify([local, region, profile, accountId, endpointUrl]);
}

/** The same with its vault. */
export function vaultPlaceKey(selector: VaultSelector): string {
  return JSON.stringify([placeKey(selector), selector.vault]);
}
