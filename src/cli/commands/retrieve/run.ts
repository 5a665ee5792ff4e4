import { utimesSync } from 'node:fs';
import { GlacierUpError, hasCode } from '../../../errors.js';
import { rangeText } from '../../../glacier/byte-range.js';
import { archiveIdLength } from '../../../glacier/limits.js';
import { readDescription } from '../../../names/read-description.js';
import { fileTime } from '../../../os/file-time.js';
import { type RetrieveRequest, retrieve } from '../../../retrieval/retrieve.js';
import { checked } from '../../../retrieval/unwritable.js';
import { type KnownReceipt, modifiedAtOf } from '../../../session/receipts/receipt.js';
import { isSameVault } from '../../../session/which-vault.js';
import type { UploadDeps } from '../../../transfer/upload-deps.js';
import { openInventories, openState } from '../../open/open-state.js';
import { withUploadDeps } from '../../open/open-upload-deps.js';
import { KnownArchives, type NamedArchive, resolveArchive } from '../../operands/archives-known.js';
import { goneText } from '../../operands/current-archive.js';
import { tellingJob } from '../../output/job-line.js';
import { sizeText } from '../../output/units.js';
import { visibleLine } from '../../output/visible.js';
import { archiveByName } from './archive-by-name.js';
import type { RetrieveRun } from './options.js';
import { printRetrievalPlan } from './retrieval-plan.js';

/**
 * Runs the command. Failures of single operands are printed and counted; the exit status follows from them.
 * @throws GlacierUpError for what ends the whole run
 */
export async function run(command: RetrieveRun, operands: string[]): Promise<void> {
  const { options, reporter } = command;
  const [operand = ''] = operands;
  const state = await openState(command);
  const direct = await resolveArchive(command, state.receipts, operand).catch((error: unknown) => {
    if (hasCode(error, 'archive-unknown') && options.vault !== undefined) return error;
    throw error;
  });
  const isResolved = !(direct instanceof GlacierUpError);
  const given = isResolved && !isPerhapsName(direct) ? outputOf(options.output, operand, direct) : null;
  await withUploadDeps(command, state, isResolved ? direct.selector : options, async (deps) => {
    const archive: Wanted = await byNameOr(command, deps, operand, direct);
    const { archiveId } = archive;
    const out = given ?? outputOf(options.output, operand, archive);
    const gone = archive.receipt && goneText(archive.receipt);
    if (gone) reporter.note(`the archive may not exist any more: ${gone}; asking for it all the same`);
    const known = new KnownArchives(openInventories(command), [archiveId]);
    const about = await known.of(archive, deps.destination);
    const request: RetrieveRequest = {
      archiveId,
      range: options.range ?? null,
      tier: options.tier ?? null,
      out,
      force: options.force === true,
      wait: options.wait === true,
      known: about,
    };
    if (options.dryRun) return printRetrievalPlan(command, deps, request);
    const retrieved = await tellingJob(reporter, () => retrieve(deps, request)).catch(
      async (error: unknown) => {
        await noteNotFound(deps, archive.receipt, error);
        throw error;
      },
    );
    const { sizeBytes, treeHash, range, jobId } = retrieved;
    if (jobId !== null && request.range === null) giveTime(out, archive, about?.description);
    if (jobId !== null) {
      reporter.note(`${visibleLine(out)}: retrieved, ${sizeText(sizeBytes)}, tree hash ${treeHash}`);
    }
    if (reporter.isJson) {
      reporter.json({
        type: 'retrieved',
        file: out,
        archiveId,
        vault: deps.destination.vault,
        range: rangeText(range),
        sizeBytes,
        treeHash,
        jobId,
      });
    } else reporter.line(visibleLine(out));
  });
}

/** That the archive is not in its vault is noted, unless the options led to another vault. */
async function noteNotFound(deps: UploadDeps, receipt: KnownReceipt | null, error: unknown): Promise<void> {
  if (receipt === null || !hasCode(error, 'archive-gone')) return;
  if (!isSameVault(receipt, await deps.whichVault())) return;
  await deps.receipts.noteGone(receipt.archiveId, 'not-found');
}

/** The time of the file, where its writer has noted it: a file that has no such time keeps that of the download. */
function giveTime(out: string, { receipt }: Wanted, description = ''): void {
  const modifiedAt = receipt ? modifiedAtOf(receipt) : readDescription(description).modifiedAt;
  if (modifiedAt === null) return;
  const time = fileTime(Date.parse(modifiedAt));
  checked(out, () => utimesSync(out, time, time));
}

/** An archive, and the name that its file gets where none is given: null when it is not known. */
type Wanted = NamedArchive & { fileName?: string | null };

/** Without a receipt, and not as long as an ID. */
function isPerhapsName({ archiveId, receipt }: NamedArchive): boolean {
  return receipt === null && archiveId.length !== archiveIdLength;
}

/** What has no receipt, and need not be an archive ID, may be the name of an archive. */
async function byNameOr(
  command: RetrieveRun,
  { receipts, destination }: UploadDeps,
  operand: string,
  direct: NamedArchive | GlacierUpError,
): Promise<Wanted> {
  const isResolved = !(direct instanceof GlacierUpError);
  if (isResolved && !isPerhapsName(direct)) return direct;
  const named = await archiveByName(command, receipts, destination, operand);
  if (named) return named;
  if (isResolved) return direct;
  throw direct;
}

function outputOf(given: string | undefined, operand: string, { receipt, fileName }: Wanted): string {
  if (given === '-') {
    throw new GlacierUpError(
      'usage',
      'an archive cannot be retrieved to standard output: it is proved on the disk',
      {
        hint: 'give a file; for one of this name, write ./-',
      },
    );
  }
  if (given !== undefined) return given;
  if (typeof fileName === 'string') return fileName;
  if (receipt && operand !== receipt.archiveId) return operand;
  throw new GlacierUpError('usage', 'it is not said into which file the archive is to be retrieved', {
    hint: 'give -o FILE',
  });
}
