/** `--dry-run`: what an upload would do, and what it costs. */
import { counted } from '../../../counted.js';
import { defaultPartSize, smallestPartSize } from '../../../glacier/limits.js';
import { type Prices, storageCost, uploadCost } from '../../../prices.js';
import { type Preview, previewTransfer } from '../../../transfer/preview.js';
import type { TransferRequest } from '../../../transfer/transfer-request.js';
import type { UploadDeps } from '../../../transfer/upload-deps.js';
import type { Outcome } from '../../operands/summary.js';
import { amountOf, moneyText, pricesFor, pricesText } from '../../options/prices.js';
import { sizeText } from '../../output/units.js';
import { visibleLine } from '../../output/visible.js';
import type { UploadRun } from './options.js';

/**
 * `upload --dry-run` of one file: what the command without it would send, and what that costs. Sends no part.
 * @param sum what all files come to, to which this one is added
 */
export async function printPlan(
  command: UploadRun,
  deps: UploadDeps,
  request: TransferRequest,
  sum: PlanSum,
): Promise<Outcome> {
  const { reporter } = command;
  const prices = await pricesFor(command);
  const preview = await previewTransfer(deps, request);
  const { action, plan, storedParts, partsToSend, requests, description, archived } = preview;
  reporter.json({
    type: 'plan',
    file: request.file,
    action,
    sizeBytes: plan.sizeBytes,
    partSizeBytes: plan.partSizeBytes,
    parts: { total: plan.partCount, stored: storedParts, toSend: partsToSend },
    requests,
    description,
    archiveId: archived?.archiveId ?? null,
    estimate: {
      uploading: amountOf(uploadCost(prices, requests)),
      storageAMonth: amountOf(storageCost(prices, plan.sizeBytes)),
      currency: prices.currency,
      pricesAsOf: prices.asOf,
    },
  });
  if (partsToSend > 0) sum.add(plan.sizeBytes, requests);
  if (!reporter.isJson) {
    reporter.line(`(dry run) ${visibleLine(request.file)}: ${previewText(preview, prices)}`);
  }
  return archived ? 'archivedAlready' : partsToSend > 0 ? 'toSend' : 'toComplete';
}

function previewText(preview: Preview, prices: Prices): string {
  const { action, plan, storedParts, partsToSend, requests, description, archived } = preview;
  if (archived) return `archived already as ${archived.archiveId}; nothing to send`;
  if (action === 'complete-again') {
    return `an earlier run sent Complete and got no answer: it is sent again (1 request); parts are sent only if the service refuses it`;
  }
  return (
    `${action === 'start-over' ? 'drops the unfinished upload; ' : ''}` +
    `${sizeText(plan.sizeBytes)} in ${counted(plan.partCount, 'part')} of ${sizeText(plan.partSizeBytes)}; ` +
    `${storedParts} stored already, ${partsToSend} to send; ${counted(requests, 'request')}; description ${JSON.stringify(description)}; ` +
    `uploading ${moneyText(prices, uploadCost(prices, requests))}, storage ${moneyText(prices, storageCost(prices, plan.sizeBytes))} a month ` +
    `(${pricesText(prices)})`
  );
}

/** The requests of all files as one archive. Parts are larger than was asked for where they would be too many. */
function packedRequests(sizeBytes: number, { partSize, limitRate }: UploadRun['options']): number {
  const wanted = partSize ?? defaultPartSize(sizeBytes, limitRate);
  return Math.ceil(sizeBytes / Math.max(wanted, smallestPartSize(sizeBytes))) + 2;
}

/** Below this, the requests of a file cost more than a year of its storage. */
const worthPackingBytes = 1024 * 1024;

/** What the files of a dry run come to together. */
export class PlanSum {
  readonly #command: UploadRun;
  readonly #prices: Prices;
  #files = 0;
  #sizeBytes = 0;
  #requests = 0;

  constructor(command: UploadRun, prices: Prices) {
    this.#command = command;
    this.#prices = prices;
  }

  /** A file that would be sent. */
  add(sizeBytes: number, requests: number): void {
    this.#files += 1;
    this.#sizeBytes += sizeBytes;
    this.#requests += requests;
  }

  /** Silent for a single file. */
  tell(): void {
    if (this.#files < 2) return;
    const { reporter, options } = this.#command;
    const prices = this.#prices;
    const packed = packedRequests(this.#sizeBytes, options);
    const uploading = uploadCost(prices, this.#requests);
    // That of one archive of this size, and what Glacier adds to each of the others.
    const storage = storageCost(prices, this.#sizeBytes) + (this.#files - 1) * storageCost(prices, 0);
    const packedUploading = uploadCost(prices, packed);
    reporter.json({
      type: 'plan-sum',
      files: this.#files,
      sizeBytes: this.#sizeBytes,
      requests: this.#requests,
      estimate: {
        uploading: amountOf(uploading),
        storageAMonth: amountOf(storage),
        currency: prices.currency,
        pricesAsOf: prices.asOf,
      },
      packed: { requests: packed, uploading: amountOf(packedUploading) },
    });
    if (reporter.isJson) return;
    reporter.line(
      `(dry run) ${counted(this.#files, 'file')} to send: ${sizeText(this.#sizeBytes)}, ${counted(this.#requests, 'request')}; ` +
        `uploading ${moneyText(prices, uploading)}, storage ${moneyText(prices, storage)} a month (${pricesText(prices)})`,
    );
    if (this.#sizeBytes / this.#files >= worthPackingBytes) return;
    reporter.note(
      `most of it is requests: packed into one archive (upload - --exec 'tar c ...' --name NAME) ` +
        `they would be ${counted(packed, 'request')}, ${moneyText(prices, packedUploading)}`,
    );
  }
}
