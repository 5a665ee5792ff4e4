import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipedProducer, runProducer } from '../../../archive/producer.js';
import { shellWords } from '../../../archive/user-shell.js';
import { GlacierUpError } from '../../../errors.js';
import { maxParts } from '../../../glacier/limits.js';
import { ensureFolder, stateFolders } from '../../../session/folders.js';
import { describeArchive } from '../../../transfer/description.js';
import { choosePartSize, transferStream } from '../../../transfer/stream/transfer-stream.js';
import { networkDefaults } from '../../open/connect-vault.js';
import { openState } from '../../open/open-state.js';
import { withUploadDeps } from '../../open/open-upload-deps.js';
import { printOutcome } from '../../operands/run-transfer.js';
import { sizeText } from '../../output/units.js';
import { visibleLine } from '../../output/visible.js';
import type { UploadRun } from './options.js';
import { uploadRequest } from './upload-request.js';

/** `upload -`. */
export async function uploadStream(command: UploadRun, operands: string[]): Promise<void> {
  const name = assertOneStream(command, operands);
  const { context, options, reporter } = command;
  const words = options.exec === undefined ? null : shellWords(options.exec, context.ignoredSignals);
  const sizes = {
    ...(options.partSize === undefined ? {} : { partSizeBytes: options.partSize }),
    ...(options.expectedSize === undefined ? {} : { expectedBytes: options.expectedSize }),
  };
  // Found wanting now, and not when the producer runs.
  const description = describeArchive({ name }, options.description);
  if (options.dryRun) {
    const partSizeBytes = choosePartSize({ ...sizes, limitRate: options.limitRate });
    return printStreamPlan(command, { name, partSizeBytes, description });
  }
  const state = await openState(command);
  await withUploadDeps(
    command,
    state,
    options,
    (deps) =>
      printOutcome(
        reporter,
        () =>
          transferStream(deps, {
            ...uploadRequest(command),
            ...sizes,
            name,
            startProducer: (pipePath) =>
              words ? runProducer(words, pipePath, context.clock) : pipedProducer(context.stdin as Readable),
            isRepeatable: words !== null,
            endCompletes: words !== null || options.eofCompletes === true,
            spoolFolder: spoolFolder(command),
            patienceMs: options.retryFor ?? networkDefaults.retryForMs,
          }),
        { name, file: null, withName: false },
      ).catch((error: unknown) => {
        if (command.signal.aborted) throw command.signal.reason;
        command.fail(error, name);
      }),
    'made',
  );
  // Nothing of the pipe is left to be read, also where the upload failed before it came to that.
  if (words === null) (context.stdin as Readable).destroy();
}

/** @throws GlacierUpError `usage` for what cannot be archived, before anything is sent or read */
function assertOneStream({ context, options }: UploadRun, operands: readonly string[]): string {
  if (operands.length > 1) {
    throw new GlacierUpError('usage', 'standard input goes alone: one command, one archive', {
      hint: 'upload the files by another command; for a file of the name -, write ./-',
    });
  }
  if (options.name === undefined) {
    throw new GlacierUpError('usage', 'standard input has no name, and --name gives none', {
      hint: 'give --name NAME, always the same for the same archive: the upload is found by it again',
    });
  }
  if (options.exec === undefined && !options.dryRun && context.stdin.isTTY) {
    throw new GlacierUpError('usage', 'standard input is a terminal: there is nothing to archive', {
      hint: 'pipe into it, or give --exec COMMAND; for a file of the name -, write ./-',
    });
  }
  return options.name;
}

/** A folder that is named must be there: it may be a disk that is not mounted. */
function spoolFolder({ context, options }: UploadRun): string {
  if (options.spoolDir !== undefined) return resolve(options.spoolDir);
  const { spool } = stateFolders(context.env, options.stateDir);
  ensureFolder(spool, context.userId);
  return spool;
}

/** Nothing is read: what a stream will be is not known before. */
function printStreamPlan(
  { reporter }: UploadRun,
  { name, partSizeBytes, description }: { name: string; partSizeBytes: number; description: string },
): void {
  const mostBytes = partSizeBytes * maxParts;
  reporter.json({ type: 'stream-plan', name, partSizeBytes, mostBytes, description });
  if (reporter.isJson) return;
  reporter.line(
    `(dry run) ${visibleLine(name)}: parts of ${sizeText(partSizeBytes)}, at most ${sizeText(mostBytes)} in all; ` +
      `description ${JSON.stringify(description)}`,
  );
}
