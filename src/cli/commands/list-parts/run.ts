import { GlacierUpError } from '../../../errors.js';
import { hint, step } from '../../../hint.js';
import { inspectUpload } from '../../../transfer/inspect.js';
import { resumeStep, uploadStep } from '../../../transfer/lifecycle/next-step.js';
import { openState } from '../../open/open-state.js';
import { withUploadDeps } from '../../open/open-upload-deps.js';
import { resolveTarget, type Target } from '../../operands/targets.js';
import type { ListPartsRun } from './options.js';
import { printJson, printText } from './print-inspection.js';

/**
 * Runs the command. Failures of single operands are printed and counted; the exit status follows from them.
 * @throws GlacierUpError for what ends the whole run
 */
export async function run(command: ListPartsRun, operands: string[]): Promise<void> {
  const state = await openState(command);
  const target = await resolveTarget(command, state, operands[0]);
  const uploadId = target.uploadId ?? target.session?.uploadId ?? null;
  if (uploadId === null) {
    throw new GlacierUpError(
      'upload-gone',
      'this upload was not begun yet: a crash fell between asking and noting its ID',
      {
        hint: target.session ? resumeStep(target.session) : 'check the upload ID',
      },
    );
  }
  await withUploadDeps(command, state, target.selector, async (deps) => {
    const inspection = await inspectUpload(deps, {
      uploadId,
      file: target.file,
      verify: command.options.verify === true,
      session: target.session,
    }).catch((error: unknown) => {
      throw explained(error, target);
    });
    if (command.reporter.isJson) printJson(command, inspection);
    else printText(command, inspection, target);
  });
}

/** A 404 here may mean expired, aborted or completed: only Complete can tell. */
function explained(error: unknown, { session }: Target): unknown {
  if (!(error instanceof GlacierUpError) || error.code !== 'upload-gone' || !session) return error;
  const isUnknown = session.phase === 'completing';
  const ask = step(isUnknown ? 'reconcile' : 'complete', session.id);
  const upload = isUnknown ? '' : hint`; if it was not, ${uploadStep(session)}`;
  return new GlacierUpError('upload-gone', `the upload is not open any more: ${error.message}`, {
    cause: error,
    hint: hint`${ask} asks whether it was completed${upload}`,
  });
}
