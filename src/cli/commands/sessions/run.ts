import { basename } from 'node:path';
import { isThere } from '../../../os/presence.js';
import { sessionName, type UploadSession } from '../../../session/session.js';
import { readJournal } from '../../../whole-vault/journal.js';
import type { CommandRun } from '../../command/command-run.js';
import { openPlans, openState } from '../../open/open-state.js';
import { outcomeText, planJson } from '../../output/plan-text.js';
import { durationText, sizeText } from '../../output/units.js';
import { visibleLine } from '../../output/visible.js';

/**
 * Runs the command. Failures of single operands are printed and counted; the exit status follows from them.
 * @throws GlacierUpError for what ends the whole run
 */
export async function run(command: CommandRun): Promise<void> {
  const { sessions } = await openState(command);
  const { sessions: known, faults } = sessions.list();
  for (const session of known) print(command, session);
  for (const fault of faults) command.fail(fault);
  const plans = printPlans(command);
  if (known.length + faults.length + plans === 0) command.reporter.note('no unfinished uploads or plans');
}

/** Plans that were begun and are not finished. @returns how many there are, with those that cannot be read */
function printPlans(command: CommandRun): number {
  const { reporter } = command;
  const shelf = openPlans(command);
  let count = 0;
  for (const paths of shelf.list()) {
    try {
      if (!isThere(paths.journal)) continue;
      const plan = shelf.read(paths);
      if (plan === null) continue;
      const progress = readJournal(paths.journal, plan.archives);
      if (progress.done === plan.archives) continue;
      count += 1;
      reporter.json(planJson(paths, plan, progress));
      if (!reporter.isJson) {
        reporter.line(
          [paths.id, plan.destination.vault, plan.kind, outcomeText(progress, plan.kind)].join('  '),
        );
      }
    } catch (error) {
      count += 1;
      command.fail(error, paths.folder);
    }
  }
  return count;
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
