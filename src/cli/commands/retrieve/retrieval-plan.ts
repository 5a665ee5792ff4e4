/** `retrieve --dry-run`: what would be asked for, and what it costs. Nothing is sent but ListJobs. */
import { rangeText } from '../../../glacier/byte-range.js';
import { defaultPartSize } from '../../../glacier/limits.js';
import { retrievalCost } from '../../../prices.js';
import { jobThere, type RetrieveDeps, type RetrieveRequest } from '../../../retrieval/retrieve.js';
import { amountOf, moneyText, pricesFor, pricesText } from '../../options/prices.js';
import { sizeText } from '../../output/units.js';
import { visibleLine } from '../../output/visible.js';
import type { RetrieveRun } from './options.js';

/** `retrieve --dry-run`: what would be asked for, how long it takes and what it costs. Starts no job. */
export async function printRetrievalPlan(
  command: RetrieveRun,
  deps: RetrieveDeps & { destination: { vault: string } },
  request: RetrieveRequest,
): Promise<void> {
  const { reporter } = command;
  const prices = await pricesFor(command);
  const job = await jobThere(deps, request);
  const { archiveId, range, out, known } = request;
  const tier = job?.archive?.tier ?? request.tier ?? 'Standard';
  const wholeBytes = job?.archive?.sizeBytes ?? known?.sizeBytes ?? null;
  const bytes = range ? range.end - range.start : wholeBytes;
  // A job that is there is paid for already.
  const cost = bytes === null ? null : job ? 0 : retrievalCost(prices, tier, bytes);
  const downloads = bytes === null ? null : Math.ceil(bytes / defaultPartSize(bytes));
  const { vault } = deps.destination;
  reporter.json({
    type: 'retrieval-plan',
    archiveId,
    vault,
    file: out,
    range: range && rangeText(range),
    sizeBytes: bytes,
    tier,
    jobId: job?.jobId ?? null,
    downloads,
    estimate:
      cost === null
        ? null
        : { retrieving: amountOf(cost), currency: prices.currency, pricesAsOf: prices.asOf },
  });
  if (reporter.isJson) return;
  const what = bytes === null ? 'of a size that is not known here' : sizeText(bytes);
  const how = job
    ? `the ${tier} job ${job.jobId} is there already (${job.status})`
    : `1 request starts ${tier === 'Expedited' ? 'an' : 'a'} ${tier} job`;
  const gets =
    downloads === null
      ? 'then it is downloaded'
      : `${downloads} ${downloads === 1 ? 'request downloads' : 'requests download'} it`;
  const price = cost === null ? '' : `; ${moneyText(prices, cost)} (${pricesText(prices)})`;
  reporter.line(
    `(dry run) ${visibleLine(out)}: archive ${archiveId} in vault ${vault}, ${what}; ${how}, ${gets}${price}`,
  );
}
