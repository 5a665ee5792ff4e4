/** An upload whose content turns out to be in the vault already. */
import { hasCode } from '../errors.js';
import type { OpenSession } from '../session/open-session.js';
import { dropUpload } from './abort.js';
import type { Surroundings } from './surroundings.js';

/** Who may upload need not be allowed to abort: without a new part the service drops the upload by itself. */
export async function dropDouble(surroundings: Surroundings, open: OpenSession): Promise<void> {
  try {
    await dropUpload(surroundings, open);
  } catch (error) {
    if (!hasCode(error, 'access-denied')) throw error;
    const message = `upload ${open.session?.uploadId} is not needed, and these credentials may not abort it (${error.message}): the service drops it within about a day`;
    surroundings.emit({ kind: 'note', message });
    open.remove();
  }
}
