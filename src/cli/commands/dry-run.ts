/** `--dry-run`: the plan of an upload, what of it is there already, and nothing sent but ListParts. */
import { type ArchiveFile, openArchive } from '../../archive/archive-file.js';
import { counted } from '../../counted.js';
import { hasCode } from '../../errors.js';
import { type Prices, storageCost, uploadCost } from '../../prices.js';
import { findSessionId } from '../../session/find-session.js';
import type { KnownReceipt } from '../../session/receipts/receipt.js';
import type { UploadSession } from '../../session/session.js';
import { describeArchive } from '../../transfer/description.js';
import { findArchived } from '../../transfer/find-archived.js';
import { inspectUpload } from '../../transfer/inspect.js';
import { type Plan, planParts } from '../../transfer/plan.js';
import type { Surroundings } from '../../transfer/surroundings.js';
import type { CommandRun } from '../command-run.js';
import { sizeText } from '../output/units.js';
import { visibleLine } from '../output/visible.js';
import { amountOf, moneyText, pricesFor, pricesText } from '../prices.js';
import type { Outcome } from '../summary.js';

export async function printPlan(
  command: CommandRun,
  surroundings: Surroundings,
  name: string,
  sum: PlanSum,
): Promise<Outcome> {
  const { options, reporter } = command;
  const prices = await pricesFor(command);
  const { file, session, plan, archived } = await lookAt(command, surroundings, name);
  const storedParts = session ? await countStored(surroundings, session, name) : 0;
  const isDone = archived !== null;
  const partsToSend = isDone ? 0 : plan.partCount - storedParts;
  // Initiate and Complete; an upload under way needs no Initiate.
  const requests = isDone ? 0 : partsToSend + (storedParts > 0 ? 1 : 2);
  const description = isBegun(session) ? session.description : describeArchive(file, options.description);
  reporter.json({
    type: 'plan',
    file: name,
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
  if (!isDone) sum.add(plan.sizeBytes, requests);
  const outcome = isDone ? 'archivedAlready' : 'toSend';
  if (reporter.isJson) return outcome;
  const subject = `(dry run) ${visibleLine(name)}`;
  if (isDone) reporter.line(`${subject}: archived already as ${archived.archiveId}; nothing to send`);
  else {
    reporter.line(
      `${subject}: ${sizeText(plan.sizeBytes)} in ${counted(plan.partCount, 'part')} of ${sizeText(plan.partSizeBytes)}; ` +
        `${storedParts} stored already, ${partsToSend} to send; ${counted(requests, 'request')}; description ${JSON.stringify(description)}; ` +
        `uploading ${moneyText(prices, uploadCost(prices, requests))}, storage ${moneyText(prices, storageCost(prices, plan.sizeBytes))} a month ` +
        `(${pricesText(prices)})`,
    );
  }
  return outcome;
}

/** Below this, the requests of a file cost more than a year of its storage. */
const worthPackingBytes = 1024 * 1024;

/** What the files of a dry run come to together. */
export class PlanSum {
  readonly #command: CommandRun;
  readonly #prices: Prices;
  #files = 0;
  #sizeBytes = 0;
  #requests = 0;

  constructor(command: CommandRun, prices: Prices) {
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
    const packed = planParts(this.#sizeBytes, options.partSize, options.limitRate).partCount + 2;
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

/** Part size and description of such an upload are settled. */
function isBegun(session: UploadSession | null): session is UploadSession {
  return session !== null && session.phase !== 'intent';
}

/** What stands here of the file. Only its look is used afterwards: it is closed again. */
async function lookAt(
  { options }: CommandRun,
  surroundings: Surroundings,
  name: string,
): Promise<{
  file: ArchiveFile;
  session: UploadSession | null;
  plan: Plan;
  archived: KnownReceipt | null;
}> {
  const file = await openArchive(name, surroundings.clock);
  try {
    const id = findSessionId(surroundings.sessions, await surroundings.whichVault(), file.path);
    const session = surroundings.sessions.peek(id);
    const begunPartSize = isBegun(session) ? session.partSizeBytes : undefined;
    const plan = planParts(file.identity.sizeBytes, options.partSize ?? begunPartSize, options.limitRate);
    const isNeeded = session !== null || options.again === true;
    const look = { plan, verify: options.verify === true, isOnlyLook: true };
    const archived = isNeeded ? null : (await findArchived(surroundings, file, look)).receipt;
    return { file, session, plan, archived };
  } finally {
    await file.close();
    surroundings.emit({ kind: 'ended' });
  }
}

async function countStored(
  surroundings: Surroundings,
  session: UploadSession,
  file: string,
): Promise<number> {
  if (session.uploadId === null || session.phase !== 'uploading') return 0;
  try {
    const { uploadId } = session;
    const { counts } = await inspectUpload(surroundings, { uploadId, file, verify: false, session });
    return counts.matching;
  } catch (error) {
    if (hasCode(error, 'upload-gone')) return 0;
    throw error;
  }
}
