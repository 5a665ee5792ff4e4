import { basename } from 'node:path';
import type { CommandSpec } from '../command.js';
import type { CommandRun } from '../command-run.js';
import { openState, withSurroundings } from '../open-surroundings.js';
import { networkOptions, whereOptions } from '../options.js';
import { sizeText } from '../output/units.js';
import { visibleLine } from '../output/visible.js';

export const listUploadsCommand: CommandSpec = {
  name: 'list-uploads',
  summary: 'list the open uploads of a vault, beside the sessions known here',
  operands: '',
  operandHelp: '',
  description: [
    'Asks ListMultipartUploads and shows each open upload of the vault: upload ID, when it was begun, part size, description, and the session of this machine if there is one. Completed uploads are not listed.',
  ],
  options: [...whereOptions, ...networkOptions],
  examples: [{ command: 'list-uploads --vault photos', does: 'list what is open, also from other machines' }],
  exitCodes: [5, 7, 8, 9],
  seeAlso: ['sessions', 'resume', 'abort'],
  run,
};

async function run(command: CommandRun): Promise<void> {
  const { options, reporter } = command;
  const state = await openState(command);
  const { sessions } = state.sessions.list();
  await withSurroundings(command, state, options, async ({ vault, signal }) => {
    const uploads = await vault.listUploads(signal);
    uploads.sort((a, b) => a.createdAt.localeCompare(b.createdAt));
    for (const { uploadId, createdAt, partSizeBytes, description } of uploads) {
      const session = sessions.find((known) => known.uploadId === uploadId);
      if (reporter.isJson) {
        const known = { session: session?.id ?? null, file: session?.path ?? null };
        reporter.json({ type: 'upload', uploadId, createdAt, partSizeBytes, description, ...known });
      } else {
        const known = session
          ? `session ${session.id} ${visibleLine(basename(session.path ?? ''))}`
          : 'not begun here';
        const shown = visibleLine(JSON.stringify(description));
        reporter.line([uploadId, createdAt, sizeText(partSizeBytes), shown, known].join('  '));
      }
    }
    if (uploads.length === 0) reporter.note('no open uploads');
  });
}
