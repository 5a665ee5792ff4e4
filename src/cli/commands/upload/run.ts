import { GlacierUpError } from '../../../errors.js';
import { isByFile } from '../../../transfer/description.js';
import type { TransferRequest } from '../../../transfer/transfer-request.js';
import type { UploadDeps } from '../../../transfer/upload-deps.js';
import { openState } from '../../open/open-state.js';
import { withUploadDeps } from '../../open/open-upload-deps.js';
import { optimizingLater } from '../../open/optimize-later.js';
import { forEachOperand, type Turn } from '../../operands/each-operand.js';
import { archiveOne } from '../../operands/run-transfer.js';
import type { Outcome, Work } from '../../operands/summary.js';
import { pricesFor } from '../../options/prices.js';
import { PlanSum, printPlan } from './dry-run.js';
import { type FileNames, fileNames } from './file-names.js';
import { filesAtOnce } from './files-at-once.js';
import type { UploadRun } from './options.js';
import { uploadRequest } from './upload-request.js';

const uploading: Work = {
  command: 'upload',
  nouns: 'files',
  outcomes: ['archived', 'archivedAlready', 'skipped'],
  isMeasured: true,
};
const planning: Work = {
  command: 'upload',
  nouns: 'files',
  outcomes: ['toSend', 'toComplete', 'archivedAlready', 'skipped'],
};

/**
 * Runs the command. Failures of single operands are printed and counted; the exit status follows from them.
 * @throws GlacierUpError for what ends the whole run
 */
export async function run(command: UploadRun, operands: string[]): Promise<void> {
  const { options } = command;
  const isList = options.recursive === true || options.filesFrom !== undefined;
  if (options.begin || options.shard || options.uploadId !== undefined) {
    const { shardedUpload } = await import('./sharded-upload.js');
    return shardedUpload(command, operands);
  }
  const isOne = operands.length === 1 && !isList;
  if (!isOne && options.description !== undefined && !isByFile(options.description)) {
    throw new GlacierUpError('usage', '--description is the same for all of these files', {
      hint: 'put {path} into it, or {name} or {mtime}; or upload the files one by one',
    });
  }
  if (operands.includes('-')) {
    const { uploadStream } = await import('./upload-stream.js');
    return uploadStream(command, operands);
  }
  const files = fileNames(command, operands);
  const state = await openState(command);
  await withUploadDeps(
    command,
    state,
    options,
    async (deps) => {
      if (options.dryRun) {
        await planEach(command, deps, files);
      } else if (isOne) {
        const own = { ...deps, emit: optimizingLater(deps.emit) };
        await forEachOperand(command, operands, uploading, (file) =>
          archiveOne(command, own, requestFor(command, file), { withName: false }),
        );
      } else {
        await uploadAtOnce(command, deps, files);
      }
    },
    'made',
  );
}

async function planEach(command: UploadRun, deps: UploadDeps, files: FileNames): Promise<void> {
  const sum = new PlanSum(command, await pricesFor(command));
  const work: Work = { ...planning, conclude: () => sum.tell() };
  await forEachOperand(command, files.names, work, async (file) =>
    files.isToBeArchived(file) ? printPlan(command, deps, requestFor(command, file), sum) : 'skipped',
  );
}

async function uploadAtOnce(command: UploadRun, deps: UploadDeps, files: FileNames): Promise<void> {
  const atOnce = filesAtOnce(command, deps, files.total);
  const archive = async (file: string, { print, count, stay }: Turn): Promise<Outcome> => {
    try {
      if (!files.isToBeArchived(file)) return 'skipped';
      const own = atOnce.depsOf(file, stay);
      return await archiveOne(command, own, requestFor(command, file), { withName: true, print, count });
    } finally {
      atOnce.fileDone();
    }
  };
  await deps.receipts.keptOpen(() => forEachOperand(command, files.names, uploading, archive, atOnce.window));
}

function requestFor(command: UploadRun, file: string): TransferRequest {
  return { ...uploadRequest(command), file, mode: 'upload' };
}
