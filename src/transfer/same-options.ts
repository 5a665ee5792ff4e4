/** Options that were settled when an upload began, and cannot be given again. */
import { GlacierUpError } from '../errors.js';
import type { UploadSession } from '../session/session.js';
import { type Described, expand } from './description.js';
import type { Emit } from './events.js';

/** @throws GlacierUpError `usage` when a part size is given that is not that of the unfinished upload */
export function assertSamePartSize(
  session: UploadSession,
  { partSizeBytes }: { partSizeBytes?: number },
): void {
  if (partSizeBytes === undefined || partSizeBytes === session.partSizeBytes) return;
  const message = `--part-size is ${partSizeBytes}, the unfinished upload has parts of ${session.partSizeBytes} bytes`;
  throw new GlacierUpError('usage', message, {
    hint: 'leave the option out to carry the upload on; --start-over drops what was sent',
  });
}

/** A description that changes from night to night must not keep an upload from being finished: it keeps its own. */
export function noteKeptDescription(
  emit: Emit,
  session: UploadSession,
  subject: Described,
  template: string | undefined,
): void {
  if (template === undefined || expand(template, subject) === session.description) return;
  const message = `${subject.name}: the unfinished upload keeps its description ${JSON.stringify(session.description)}`;
  emit({ kind: 'note', message });
}
