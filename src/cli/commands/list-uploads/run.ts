import { basename } from 'node:path';
import { sessionName } from '../../../session/session.js';
import { openState } from '../../open/open-state.js';
import { withUploadDeps } from '../../open/open-upload-deps.js';
import { describedName } from '../../output/described-name.js';
import { sizeText } from '../../output/units.js';
import { visibleLine } from '../../output/visible.js';
import type { ListUploadsRun } from './options.js';

/**
 * Runs the command. Failures of single operands are printed and counted; the exit status follows from them.
 * @throws GlacierUpError for what ends the whole run
 */
export async function run(command: ListUploadsRun): Promise<void> {
  const { options, reporter } = command;
  const state = await openState(command);
  const { sessions, faults } = state.sessions.list();
  // Of an upload whose session cannot be read it would say that it was not begun here.
  if (faults[0]) throw faults[0];
  await withUploadDeps(command, state, options, async ({ vault, signal }) => {
    const uploads = await vault.listUploads(signal);
    uploads.sort((a, b) => a.createdAt.localeCompare(b.createdAt));
    for (const { uploadId, createdAt, partSizeBytes, description } of uploads) {
      const session = sessions.find((known) => known.uploadId === uploadId);
      if (reporter.isJson) {
        const known = { session: session?.id ?? null, file: session?.path ?? null };
        const name = session?.streamName;
        reporter.json({
          type: 'upload',
          uploadId,
          createdAt,
          partSizeBytes,
          description,
          ...known,
          ...(name === undefined ? {} : { name }),
        });
      } else {
        const known = session
          ? `session ${session.id} ${visibleLine(basename(sessionName(session)))}`
          : 'not begun here';
        const shown = visibleLine(JSON.stringify(describedName(description)));
        reporter.line([uploadId, createdAt, sizeText(partSizeBytes), shown, known].join('  '));
      }
    }
    if (uploads.length === 0) reporter.note('no open uploads');
  });
}
