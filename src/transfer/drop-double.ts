/** An upload whose content turns out to be in the vault already. */
import type { OpenSession } from '../session/open-session.js';
import { abortIfAllowed } from './abort.js';
import type { Surroundings } from './surroundings.js';

export async function dropDouble(surroundings: Surroundings, open: OpenSession): Promise<void> {
  await abortIfAllowed(surroundings, open);
  open.remove();
}
