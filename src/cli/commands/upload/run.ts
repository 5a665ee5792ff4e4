import { GlacierUpError } from '../../../errors.js';
import { isByFile } from '../../../transfer/description.js';
import type { TransferRequest } from '../../../transfer/transfer-request.js';
import type { UploadDeps } from '../../../transfer/upload-deps.js';
import type { CommandRun } from '../../command/command-run.js';
import { openState } from '../../open/open-state.js';
import { withUploadDeps } from '../../open/open-upload-deps.js';
import { forEachOperand, type Turn } from '../../operands/each-operand.js';
import { archiveOne, requestOptions } from '../../operands/run-transfer.js';
import type { Outcome, Work } from '../../operands/summary.js';
import { pricesFor } from '../../options/prices.js';
import { PlanSum, printPlan } from './dry-run.js';
import { type FileNames, fileNames } from './file-names.js';
import { filesAtOnce } from './files-at-once.js';

const pipeOnly = {
  name: '--name',
  exec: '--exec',
  eofCompletes: '--eof-completes',
  expectedSize: '--expected-size',
};

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

function refusePipeOptions({ givenOptions }: CommandRun): void {
  const given = Object.entries(pipeOnly).find(([name]) => givenOptions.has(name));
  if (!given) return;
  throw new GlacierUpError('usage', `${given[1]} goes with standard input, which is named -`, {
    hint: 'write "glacier-up upload - …"; a file has a name and a size of its own',
  });
}

/** These concern a single archive, and a list may have any number. */
const notOfLists = { begin: '--begin', shard: '--shard', uploadId: '--upload-id' } as const;

function refuseLists({ options }: CommandRun, operands: readonly string[]): void {
  const list = options.recursive ? '--recursive' : '--files-from';
  const [, flag = operands.includes('-') ? '-' : undefined] =
    Object.entries(notOfLists).find(([name]) => options[name] !== undefined) ?? [];
  if (flag === undefined) return;
  throw new GlacierUpError('usage', `${flag} is about one archive, and ${list} names many`);
}

export async function run(command: CommandRun, operands: string[]): Promise<void> {
  const { options } = command;
  const isList = options.recursive === true || options.filesFrom !== undefined;
  if (isList) refuseLists(command, operands);
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
  refusePipeOptions(command);
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
        await forEachOperand(command, operands, uploading, (file) =>
          archiveOne(command, deps, requestFor(command, file), { withName: false }),
        );
      } else {
        await uploadAtOnce(command, deps, files);
      }
    },
    'made',
  );
}

async function planEach(command: CommandRun, deps: UploadDeps, files: FileNames): Promise<void> {
  const sum = new PlanSum(command, await pricesFor(command));
  const work: Work = { ...planning, conclude: () => sum.tell() };
  await forEachOperand(command, files.names, work, async (file) =>
    files.isToBeArchived(file) ? printPlan(command, deps, requestFor(command, file), sum) : 'skipped',
  );
}

async function uploadAtOnce(command: CommandRun, deps: UploadDeps, files: FileNames): Promise<void> {
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

function requestFor(command: CommandRun, file: string): TransferRequest {
  return { ...requestOptions(command), file, mode: 'upload' };
}
