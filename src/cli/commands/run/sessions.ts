import { basename } from 'node:path';
import type { UploadSession } from '../../../session/session.js';
import type { CommandRun } from '../../command-run.js';
import { openState } from '../../open-surroundings.js';
import { durationText, sizeText } from '../../output/units.js';
import { visibleLine } from '../../output/visible.js';

export async function run(command: CommandRun): Promise<void> {
  const { sessions } = await openState(command);
  const { sessions: known, faults } = sessions.list();
  for (const session of known) print(command, session);
  for (const fault of faults) command.fail(fault);
  if (known.length === 0 && faults.length === 0) command.reporter.note('no unfinished uploads');
}

function print({ reporter, context }: CommandRun, session: UploadSession): void {
  const { id, phase, destination, path, uploadId, partSizeBytes, description, identity, startedAt } = session;
  const idleMs = context.clock.now() - Date.parse(session.lastActivityAt);
  if (reporter.isJson) {
    reporter.json({
      type: 'session',
      id,
      phase,
      file: path,
      vault: destination.vault,
      region: destination.region,
      profile: destination.profile,
      endpoint: destination.endpoint,
      accountId: session.accountId,
      uploadId,
      sizeBytes: session.completion?.sizeBytes ?? identity?.sizeBytes ?? null,
      partSizeBytes,
      description,
      startedAt,
      lastActivityAt: session.lastActivityAt,
    });
    return;
  }
  const size = identity ? sizeText(identity.sizeBytes) : '';
  const name = path ?? `upload ${uploadId}`;
  reporter.line(
    [id, destination.vault, phase, `idle ${durationText(idleMs)}`, size, visibleLine(basename(name))].join(
      '  ',
    ),
  );
}
