import { basename } from 'node:path';
import type { UploadSession } from '../../session/session.js';
import type { CommandSpec } from '../command.js';
import type { CommandRun } from '../command-run.js';
import { openState } from '../open-surroundings.js';
import { durationText, sizeText } from '../output/units.js';
import { visibleLine } from '../output/visible.js';

export const sessionsCommand: CommandSpec = {
  name: 'sessions',
  summary: 'list the unfinished uploads known on this machine',
  operands: '',
  operandHelp: '',
  description: [
    'Lists the uploads that this machine began or carried on and that are not completed: session ID, vault, phase, time since the service last confirmed something, file. It asks no service; list-parts does.',
  ],
  options: [],
  examples: [
    { command: 'sessions', does: 'list them; their IDs are operands of resume, list-parts, complete, abort' },
  ],
  exitCodes: [9],
  seeAlso: ['resume', 'list-parts', 'list-uploads', 'receipts'],
  run,
};

async function run(command: CommandRun): Promise<void> {
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
