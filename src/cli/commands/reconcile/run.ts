import { type SiftedInventory, sift } from '../../../glacier/inventory/inventory-source.js';
import { type Hint, hint } from '../../../hint.js';
import { type Reconciled, reconcile } from '../../../retrieval/reconcile.js';
import { sessionName, type UploadSession } from '../../../session/session.js';
import { resumeStep, uploadStep } from '../../../transfer/lifecycle/next-step.js';
import { UnsavedReceiptError } from '../../../transfer/lifecycle/settle.js';
import { inventoryFile } from '../../open/inventory-file.js';
import { openInventories, openState, type State } from '../../open/open-state.js';
import { withUploadDeps } from '../../open/open-upload-deps.js';
import { type At, forEachOperand } from '../../operands/each-operand.js';
import type { Outcome, Work } from '../../operands/summary.js';
import { targetOrReceipt } from '../../operands/target-or-receipt.js';
import { printArchive } from '../../output/archive-lines.js';
import { tellingJob } from '../../output/job-line.js';
import { adviceText } from '../../output/suggested-command.js';
import { visibleLine } from '../../output/visible.js';
import type { ReconcileRun } from './options.js';

const reconciling: Work = {
  command: 'reconcile',
  nouns: 'uploads',
  outcomes: ['archived', 'archivedAlready', 'notArchived', 'unfinished'],
};

/**
 * Runs the command. Failures of single operands are printed and counted; the exit status follows from them.
 * @throws GlacierUpError for what ends the whole run
 */
export async function run(command: ReconcileRun, operands: string[]): Promise<void> {
  const { options, reporter } = command;
  const state = await openState(command);
  const { sessions, faults } = state.sessions.list();
  // Read once for all of them: it may come from a pipe.
  const treeHashes = new Set(sessions.map(({ completion }) => completion?.treeHash));
  const given =
    options.file !== undefined
      ? await sift(inventoryFile(command, options.file), ({ treeHash }) => treeHashes.has(treeHash))
      : null;
  const unknown = sessions.filter(({ phase }) => phase === 'completing').map(({ id }) => id);
  const names = operands.length > 0 ? operands : unknown;
  if (operands.length === 0) for (const fault of faults) command.fail(fault);
  if (names.length === 0) reporter.note('no upload here has an unknown outcome');
  await forEachOperand(command, names, reconciling, (name, { at }) =>
    reconcileOne(command, state, name, given, at),
  );
}

async function reconcileOne(
  command: ReconcileRun,
  state: State,
  operand: string,
  given: SiftedInventory | null,
  at: At,
): Promise<Outcome> {
  const { options, reporter } = command;
  const target = await targetOrReceipt(command, state, operand);
  if ('receipt' in target) {
    const { receipt } = target;
    reporter.note(`${visibleLine(operand)}: it is archived, as archive ${receipt.archiveId}`);
    printArchive(reporter, receipt, receipt.path, true);
    return 'archivedAlready';
  }
  const { session } = target;
  if (!session) return 'unfinished';
  const name = visibleLine(sessionName(session));
  at(target.selector);
  return withUploadDeps<Outcome>(command, state, target.selector, async (deps) => {
    try {
      const inventories = openInventories(command);
      const how = { inventories, given, wait: options.wait === true };
      const outcome = await tellingJob(reporter, () => reconcile(deps, session.id, target.name, how));
      if (outcome.kind === 'archived') {
        reporter.note(`${name}: it was completed, as archive ${outcome.receipt.archiveId}`);
        printArchive(reporter, outcome.receipt, session.path, true);
        return 'archived';
      }
      reporter.note(`${name}: ${visibleLine(adviceText(command, nextStep(outcome, session)))}`);
      const { uploadId } = session;
      reporter.json({
        type: 'reconciled',
        file: session.path,
        session: session.id,
        uploadId,
        outcome: outcome.kind,
      });
      return outcome.kind === 'absent' ? 'notArchived' : 'unfinished';
    } catch (error) {
      if (error instanceof UnsavedReceiptError) printArchive(reporter, error.receipt, session.path, true);
      throw error;
    }
  });
}

function nextStep(outcome: Exclude<Reconciled, { kind: 'archived' }>, session: UploadSession): Hint {
  if (outcome.kind === 'absent') {
    return hint`it was not completed, and there is no archive: ${uploadStep(session)}`;
  }
  const rest = outcome.session ? hint`: ${resumeStep(outcome.session)}` : '';
  return hint`its outcome is not unknown: glacier-up has not completed it${rest}`;
}
