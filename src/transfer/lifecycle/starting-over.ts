/** `--on-change start-over`: another try with a file that changed, within the same run. */
import { counted } from '../../counted.js';
import { GlacierUpError, hasCode } from '../../errors.js';
import type { OpenSession } from '../../session/open-session.js';
import type { UploadSession } from '../../session/session.js';
import { ChangedSinceError } from '../on-change.js';
import type { TransferRequest } from '../transfer-request.js';
import type { UploadDeps } from '../upload-deps.js';
import { abortIfAllowed } from './abort.js';
import { supersede, uploading } from './phases.js';

/**
 * How long a file that changed while it was being sent is left alone before it is looked at again: its writer needs time
 * to end. A run tries so often and no more, so that a file that is written to all the time ends it, too.
 */
const pauses = [
  { ms: 10_000, text: '10 seconds' },
  { ms: 60_000, text: '1 minute' },
  { ms: 300_000, text: '5 minutes' },
];

/**
 * Whether a request starts over with a file that changed. Who names an upload by its ID means that one, and other machines may
 * be sending parts to it.
 */
export function startsOver(
  { onChange, mode, uploadId }: TransferRequest,
  session: UploadSession | null,
): boolean {
  if (onChange !== 'start-over' || mode === 'complete' || uploadId !== undefined) return false;
  return session?.origin !== 'elsewhere';
}

/** One file in one run, which is tried again when it changed and the request says so. */
export class StartingOver {
  readonly #deps: UploadDeps;
  readonly #open: OpenSession;
  readonly #request: TransferRequest;
  #changes = 0;

  constructor(deps: UploadDeps, open: OpenSession, request: TransferRequest) {
    this.#deps = deps;
    this.#open = open;
    this.#request = request;
  }

  /**
   * Makes ready for another try, for which the file is opened again. An upload whose parts differ is dropped; its session
   * is in `intent` then, and keeps its description. A change while the file was being sent drops nothing by itself:
   * parts that are still the same are kept.
   * @param error what ended a try
   * @throws GlacierUpError that error, unless it is a change after which to start over; `archive-changed` after too many
   */
  async after(error: unknown): Promise<void> {
    const { file: name } = this.#request;
    const { clock, emit, signal } = this.#deps;
    if (!hasCode(error, 'archive-changed') || !startsOver(this.#request, this.#open.session)) throw error;
    if (error instanceof ChangedSinceError) {
      emit({ kind: 'note', message: `${name}: ${error.message}; dropping what was sent and starting over` });
      return this.#dropUpload();
    }
    const pause = pauses[this.#changes];
    this.#changes += 1;
    if (pause === undefined) throw neverStill(error, this.#changes);
    emit({ kind: 'note', message: `${name}: ${error.message}; trying again in ${pause.text}` });
    this.#open.flush();
    await clock.sleep(pause.ms, signal);
  }

  async #dropUpload(): Promise<void> {
    const open = this.#open;
    await abortIfAllowed(this.#deps, open);
    supersede(open, uploading(open));
  }
}

function neverStill(error: GlacierUpError, changes: number): GlacierUpError {
  const message = `${error.message}; it changed ${counted(changes, 'time')} during this run`;
  return new GlacierUpError('archive-changed', message, {
    hint: 'archive a copy or a snapshot of it, or run the command when nothing writes to it; parts that are still the same are kept',
    cause: error,
  });
}
