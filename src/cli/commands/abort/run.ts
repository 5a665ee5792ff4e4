import { counted } from '../../../counted.js';
import { GlacierUpError, hasCode } from '../../../errors.js';
import { hint, step } from '../../../hint.js';
import { isThere } from '../../../os/presence.js';
import { abortById, abortSession } from '../../../transfer/lifecycle/abort.js';
import { agreed, assertAgreeable } from '../../command/ask.js';
import { openState, type State } from '../../open/open-state.js';
import { withUploadDeps } from '../../open/open-upload-deps.js';
import { type At, forEachOperand } from '../../operands/each-operand.js';
import type { Outcome, Work } from '../../operands/summary.js';
import { resolveTarget, type Target } from '../../operands/targets.js';
import { sizeText } from '../../output/units.js';
import { visibleLine } from '../../output/visible.js';
import type { AbortRun } from './options.js';

const dropping: Work = {
  command: 'abort',
  nouns: 'uploads',
  outcomes: ['dropped', 'completed', 'nothingToDrop', 'declined'],
};
const endOf = { aborted: 'dropped', completed: 'completed', nothing: 'nothingToDrop' } as const;

/**
 * Runs the command. Failures of single operands are printed and counted; the exit status follows from them.
 * @throws GlacierUpError for what ends the whole run
 */
export async function run(command: AbortRun, operands: string[]): Promise<void> {
  const { options } = command;
  if (options.uploadId !== undefined && operands.length > 1) {
    throw new GlacierUpError('usage', '--upload-id goes with one file at most');
  }
  const state = await openState(command);
  const names = options.uploadId !== undefined && operands.length === 0 ? [options.uploadId] : operands;
  if (names.length === 0) {
    throw new GlacierUpError('usage', 'no file or session is named', {
      hint: hint`${step('sessions')} lists them`,
    });
  }
  assertAgreeable(command, 'dropping parts');
  await forEachOperand(command, names, dropping, (name, { at }) =>
    dropOne(command, state, options.uploadId === undefined ? name : operands[0], at),
  );
}

async function dropOne(
  command: AbortRun,
  state: State,
  operand: string | undefined,
  at: At,
): Promise<Outcome> {
  const { options, reporter } = command;
  const target = await targetOrNothing(command, state, operand);
  if (target === null) {
    reporter.note(`${visibleLine(operand ?? '')}: there was nothing to drop`);
    reporter.json({
      type: 'aborted',
      file: operand ?? null,
      uploadId: null,
      outcome: 'nothing',
      archiveId: null,
    });
    return 'nothingToDrop';
  }
  at(target.selector);
  return withUploadDeps(command, state, target.selector, async (deps) => {
    const uploadId = target.uploadId ?? target.session?.uploadId ?? null;
    const loss = await describeLoss(deps, target, uploadId);
    if (!(await agreed(command, `This drops ${loss}. It cannot be undone. Drop it?`))) {
      reporter.note('nothing was done');
      return 'declined';
    }
    const outcome = target.session
      ? await abortSession(deps, target.session.id, target.name, { force: options.force === true })
      : await abortById(deps, target.uploadId);
    if (outcome.kind === 'completed') {
      const { archiveId } = outcome.receipt;
      reporter.note(
        `${visibleLine(target.name)}: nothing to drop: it was completed, as archive ${archiveId}`,
      );
    } else {
      const text = outcome.kind === 'aborted' ? `dropped ${loss}` : 'there was nothing to drop';
      reporter.note(`${visibleLine(target.name)}: ${text}`);
    }
    reporter.json({
      type: 'aborted',
      file: target.file,
      uploadId,
      outcome: outcome.kind,
      archiveId: outcome.kind === 'completed' ? outcome.receipt.archiveId : null,
    });
    return endOf[outcome.kind];
  });
}

/** Aborting what is gone already is no error: null for a file that has no unfinished upload (any more). */
async function targetOrNothing(
  command: AbortRun,
  state: State,
  operand: string | undefined,
): Promise<Target | null> {
  try {
    return await resolveTarget(command, state, operand);
  } catch (error) {
    if (hasCode(error, 'session-unknown') && operand !== undefined && isThere(operand)) return null;
    throw error;
  }
}

type Vaulted = Parameters<Parameters<typeof withUploadDeps>[3]>[0];

async function describeLoss(
  { vault, signal }: Vaulted,
  target: Target,
  uploadId: string | null,
): Promise<string> {
  const what = `the upload of ${visibleLine(target.name)}`;
  if (uploadId === null) return what;
  try {
    const { parts } = await vault.listParts(uploadId, signal);
    const storedBytes = parts.reduce((sum, { range }) => sum + range.end - range.start, 0);
    return `${what} into vault ${target.selector.vault}: ${counted(parts.length, 'part')}, ${sizeText(storedBytes)} stored`;
  } catch (error) {
    if (hasCode(error, 'upload-gone')) return what;
    throw error;
  }
}
