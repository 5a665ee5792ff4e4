import { GlacierUpError, hasCode } from '../../../errors.js';
import { type ByteRange, rangeText } from '../../../glacier/byte-range.js';
import type { Tier } from '../../../glacier/jobs.js';
import { type RetrieveRequest, retrieve } from '../../../retrieval/retrieve.js';
import type { KnownReceipt, Receipt } from '../../../session/receipts/receipt.js';
import { isSameVault } from '../../../session/which-vault.js';
import type { Surroundings } from '../../../transfer/surroundings.js';
import { KnownArchives, resolveArchive } from '../../archives-known.js';
import type { CommandRun } from '../../command-run.js';
import { goneText } from '../../current-archive.js';
import { letHeapGrow } from '../../heap.js';
import { openInventories, openState } from '../../open-state.js';
import { withSurroundings } from '../../open-surroundings.js';
import { tellingJob } from '../../output/job-line.js';
import { sizeText } from '../../output/units.js';
import { visibleLine } from '../../output/visible.js';
import { printRetrievalPlan } from '../retrieval-plan.js';

export async function run(command: CommandRun, operands: string[]): Promise<void> {
  const { options, reporter } = command;
  const [operand = ''] = operands;
  const state = await openState(command);
  const archive = await resolveArchive(command, state.receipts, operand);
  const { archiveId } = archive;
  const gone = archive.receipt && goneText(archive.receipt);
  if (gone) reporter.note(`the archive may not exist any more: ${gone}; asking for it all the same`);
  const out = outputOf(options.output, operand, archive.receipt);
  const known = new KnownArchives(openInventories(command), [archiveId]);
  await withSurroundings(
    command,
    state,
    archive.whereTo,
    async (surroundings) => {
      const request: RetrieveRequest = {
        archiveId,
        range: (options.range as ByteRange | undefined) ?? null,
        tier: (options.tier as Tier | undefined) ?? null,
        out,
        force: options.force === true,
        wait: options.wait === true,
        known: await known.of(archive, surroundings.destination),
      };
      if (options.dryRun) return printRetrievalPlan(command, surroundings, request);
      letHeapGrow();
      const retrieved = await tellingJob(reporter, () => retrieve(surroundings, request)).catch(
        async (error: unknown) => {
          await noteNotFound(surroundings, archive.receipt, error);
          throw error;
        },
      );
      const { sizeBytes, treeHash, range, jobId } = retrieved;
      if (jobId !== null) {
        reporter.note(`${visibleLine(out)}: retrieved, ${sizeText(sizeBytes)}, tree hash ${treeHash}`);
      }
      if (reporter.isJson) {
        reporter.json({
          type: 'retrieved',
          file: out,
          archiveId,
          vault: surroundings.destination.vault,
          range: rangeText(range),
          sizeBytes,
          treeHash,
          jobId,
        });
      } else reporter.line(visibleLine(out));
    },
    'there',
  );
}

/** That the archive is not in its vault is noted, unless the options led to another vault. */
async function noteNotFound(
  surroundings: Surroundings,
  receipt: KnownReceipt | null,
  error: unknown,
): Promise<void> {
  if (receipt === null || !hasCode(error, 'archive-gone')) return;
  if (!isSameVault(receipt, await surroundings.whichVault())) return;
  await surroundings.receipts.noteGone(receipt.archiveId, 'not-found');
}

/** A description may be any text, so nothing gets its name from one. */
function outputOf(given: unknown, operand: string, receipt: Receipt | null): string {
  if (given === '-') {
    throw new GlacierUpError(
      'usage',
      'an archive cannot be retrieved to standard output: it is proved on the disk',
      {
        hint: 'give a file; for one of this name, write ./-',
      },
    );
  }
  if (typeof given === 'string') return given;
  if (receipt && operand !== receipt.archiveId) return operand;
  throw new GlacierUpError('usage', 'it is not said into which file the archive is to be retrieved', {
    hint: 'give -o FILE',
  });
}
