import { basename } from 'node:path';
import { sessionName, type UploadSession } from '../../../session/session.js';
import type { CommandRun } from '../../command-run.js';
import { openState } from '../../open-state.js';
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
  const { id, phase, destination, path, streamName, uploadId, partSizeBytes } = session;
  const { description, identity, startedAt, completion } = session;
  const idleMs = context.clock.now() - Date.parse(session.lastActivityAt);
  const sizeBytes = completion?.sizeBytes ?? identity?.sizeBytes ?? null;
  if (reporter.isJson) {
    reporter.json({
      type: 'session',
      id,
      phase,
      file: path,
      ...(streamName === undefined ? {} : { name: streamName }),
      vault: destination.vault,
      region: destination.region,
      profile: destination.profile,
      endpoint: destination.endpoint,
      accountId: session.accountId,
      uploadId,
      sizeBytes,
      partSizeBytes,
      description,
      startedAt,
      lastActivityAt: session.lastActivityAt,
    });
    return;
  }
  reporter.line(
    [
      id,
      destination.vault,
      phase,
      `idle ${durationText(idleMs)}`,
      sizeBytes === null ? '' : sizeText(sizeBytes),
      visibleLine(path === null ? sessionName(session) : basename(path)),
    ].join('  '),
  );
}
