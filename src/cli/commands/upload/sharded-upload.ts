import { counted } from '../../../counted.js';
import { GlacierUpError } from '../../../errors.js';
import { hint, step } from '../../../hint.js';
import type { KnownReceipt } from '../../../session/receipts/receipt.js';
import { whereWords } from '../../../session/where-words.js';
import { beginForShards } from '../../../transfer/shards/begin-for-shards.js';
import { type Shard, type ShardReport, sendShard } from '../../../transfer/shards/send-shard.js';
import { openState } from '../../open/open-state.js';
import { withSending, withUploadDeps } from '../../open/open-upload-deps.js';
import { archiveFields } from '../../output/archive-lines.js';
import { suggestedCommand } from '../../output/suggested-command.js';
import { sizeText } from '../../output/units.js';
import { visibleLine } from '../../output/visible.js';
import type { UploadRun } from './options.js';
import { resolveShard } from './resolve-shard.js';
import type { ShardOption } from './shard-option.js';

/** `upload --begin`, and `upload --shard`. */
export async function shardedUpload(command: UploadRun, files: string[]): Promise<void> {
  const { begin: isBegin, shard, dryRun } = command.options;
  // Of what stands on the command line the options say by themselves what they go with; the rest is the environment's.
  if (!isBegin && !shard)
    throw new GlacierUpError('usage', '--upload-id goes with --shard here', { hint: resumeInstead });
  if (isBegin && shard) throw new GlacierUpError('usage', '--begin and --shard do not go together');
  if (dryRun) throw new GlacierUpError('usage', '--begin and --shard do not go with --dry-run');
  const file = oneFile(files, isBegin ? '--begin' : '--shard');
  try {
    await (shard ? send(command, file, shard) : begin(command, file));
  } catch (error) {
    command.signal.throwIfAborted();
    command.fail(error, file);
  }
}

const resumeInstead = hint`to send all that is missing and complete the upload: ${step('resume', '--vault', 'VAULT', '--upload-id', 'ID', 'FILE')}`;

function oneFile(files: readonly string[], mode: string): string {
  const [file] = files;
  if (file !== undefined && files.length === 1 && file !== '-') return file;
  throw new GlacierUpError('usage', `${mode} goes with exactly one file`, {
    hint:
      file === '-'
        ? 'standard input cannot be read in shards; for a file of the name -, write ./-'
        : 'each file is an upload of its own',
  });
}

async function begin(command: UploadRun, file: string): Promise<void> {
  const { options, reporter } = command;
  const state = await openState(command);
  await withUploadDeps(
    command,
    state,
    options,
    async (deps) => {
      const { partSize, description } = options;
      const begun = await beginForShards(deps, {
        file,
        ...(partSize === undefined ? {} : { partSizeBytes: partSize }),
        ...(description === undefined ? {} : { description }),
        again: options.again === true,
      });
      if ('archived' in begun) {
        tellArchived(command, file, begun.archived);
        return;
      }
      const { uploadId, accountId, plan } = begun;
      const { sizeBytes, partSizeBytes, partCount } = plan;
      reporter.json({
        type: 'begun',
        file,
        uploadId,
        accountId,
        region: deps.destination.region,
        vault: deps.destination.vault,
        sizeBytes,
        partSizeBytes,
        parts: partCount,
        description: begun.description,
      });
      if (!reporter.isJson) reporter.line(uploadId);
      reporter.note(
        `${visibleLine(file)}: begun, ${sizeText(sizeBytes)} in ${counted(partCount, 'part')} of ${sizeText(partSizeBytes)}; ` +
          `next, for each shard: ${suggestedCommand(command, ['upload', ...uploadWords(command, uploadId), '--shard', 'I/N', file])}`,
      );
    },
    'made',
  );
}

/** Nothing on standard output: a script tells by that that there is nothing to send. */
function tellArchived({ reporter }: UploadRun, file: string, receipt: KnownReceipt): void {
  reporter.json(archiveFields(receipt, file));
  reporter.note(
    `${visibleLine(file)}: in the vault already, as archive ${receipt.archiveId}; no upload was begun (--again begins one)`,
  );
}

/** An ID may begin with a hyphen. */
function uploadWords({ options }: UploadRun, uploadId: string): string[] {
  return [...whereWords(options), `--upload-id=${uploadId}`];
}

async function send(command: UploadRun, file: string, option: ShardOption): Promise<void> {
  const { options, context } = command;
  const { uploadId } = options;
  if (uploadId === undefined) {
    throw new GlacierUpError('usage', '--shard goes with --upload-id', {
      hint: hint`${step('upload', 'FILE', '--vault', 'VAULT', '--begin')} begins an upload and prints its ID`,
    });
  }
  const shard = await resolveShard(option, context.env);
  const replaceParts = options.replaceParts === true;
  await withSending(
    command,
    options,
    async (sending) => {
      const report = await sendShard(sending, { file, uploadId, shard, replaceParts });
      printShard(command, { file, uploadId, shard, report });
    },
    'there',
  );
}

function printShard(
  command: UploadRun,
  sent: { file: string; uploadId: string; shard: Shard; report: ShardReport },
): void {
  const { file, uploadId, shard, report } = sent;
  const { plan, parts, sizeBytes, missing } = report;
  command.reporter.json({
    type: 'shard',
    file,
    uploadId,
    shard,
    sizeBytes,
    partSizeBytes: plan.partSizeBytes,
    parts,
    archive: { sizeBytes: plan.sizeBytes, parts: plan.partCount, missing },
  });
  const stored =
    parts.total === 0
      ? 'no part falls to it'
      : `${parts.total === 1 ? 'its part is' : `its ${parts.total} parts are`} stored (${parts.sent} sent now)`;
  command.reporter.note(
    `${visibleLine(file)}, shard ${shard.index}/${shard.count}: ${stored}; ${restText(command, sent)}`,
  );
}

function restText(
  command: UploadRun,
  { file, uploadId, report: { plan, missing } }: { file: string; uploadId: string; report: ShardReport },
): string {
  if (missing === null) return 'the upload has come to its end meanwhile';
  if (missing > 0) return `of the whole archive ${missing} of ${counted(plan.partCount, 'part')} are missing`;
  const words = ['complete', ...uploadWords(command, uploadId), file];
  return `no part of the archive is missing; next: ${suggestedCommand(command, words)}`;
}
