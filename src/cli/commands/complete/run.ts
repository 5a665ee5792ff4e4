import { GlacierUpError } from '../../../errors.js';
import { hint, step } from '../../../hint.js';
import type { Completion, UploadSession } from '../../../session/session.js';
import {
  completeWithoutFile,
  type FilelessCompletion,
} from '../../../transfer/lifecycle/complete-without-file.js';
import { resumeStep } from '../../../transfer/lifecycle/next-step.js';
import { UnsavedReceiptError } from '../../../transfer/lifecycle/settle.js';
import { transfer } from '../../../transfer/transfer.js';
import { openState } from '../../open/open-state.js';
import { withUploadDeps } from '../../open/open-upload-deps.js';
import { targetOrReceipt } from '../../operands/target-or-receipt.js';
import type { Target } from '../../operands/targets.js';
import { printArchive } from '../../output/archive-lines.js';
import type { CompleteRun } from './options.js';

/**
 * Runs the command. Failures of single operands are printed and counted; the exit status follows from them.
 * @throws GlacierUpError for what ends the whole run
 */
export async function run(command: CompleteRun, operands: string[]): Promise<void> {
  const { options, reporter } = command;
  const state = await openState(command);
  // An upload ID that has a receipt is settled: repeating `complete` gives the same archive ID.
  const receipt = state.receipts.byUploadId(command.options.uploadId ?? null);
  if (receipt) {
    printArchive(reporter, receipt, receipt.path, false);
    return;
  }
  const target = await targetOrReceipt(command, state, operands[0]);
  if ('receipt' in target) {
    printArchive(reporter, target.receipt, target.receipt.path, false);
    return;
  }
  const { treeHash, size } = options;
  const named = treeHash !== undefined && size !== undefined ? { treeHash, sizeBytes: size } : null;
  if (named && operands.length > 0 && target.file !== null) throw hashAndFile();
  await withUploadDeps(command, state, target.selector, async (deps) => {
    try {
      const completed =
        target.file === null || named
          ? await completeWithoutFile(deps, filelessRequest(target, named))
          : (
              await transfer(deps, {
                file: target.file,
                mode: 'complete',
                verify: options.verify === true,
                ...(target.uploadId === undefined ? {} : { uploadId: target.uploadId }),
              })
            ).receipt;
      printArchive(reporter, completed, target.file, false);
    } catch (error) {
      if (error instanceof UnsavedReceiptError) printArchive(reporter, error.receipt, target.file, false);
      throw error;
    }
  });
}

function hashAndFile(): GlacierUpError {
  return new GlacierUpError('usage', '--tree-hash and --size are those of an upload without its file', {
    hint: 'leave them out, or name the upload by --vault and --upload-id',
  });
}

function unfinishedStream(session: UploadSession): GlacierUpError {
  const message = `the stream of ${session.streamName} has not come to its end`;
  return new GlacierUpError('parts-missing', message, { hint: resumeStep(session) });
}

function filelessRequest({ session, uploadId: given }: Target, named: Completion | null): FilelessCompletion {
  const uploadId = given ?? session?.uploadId;
  const completion = named ?? session?.completion;
  if (uploadId && completion) {
    const { treeHash, sizeBytes } = completion;
    return { uploadId, treeHash, sizeBytes, ...(session ? { sessionId: session.id } : {}) };
  }
  if (session?.streamName !== undefined) throw unfinishedStream(session);
  throw new GlacierUpError('usage', 'without its file, an upload is completed by --tree-hash and --size', {
    hint: hint`${step('treehash', 'FILE')} prints the hash where the file is; or name the file`,
  });
}
