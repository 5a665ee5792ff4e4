/** `--dry-run`: the plan of an upload, what of it is there already, and nothing sent but ListParts. */
import { type ArchiveFile, openArchive } from '../../archive/archive-file.js';
import { counted } from '../../counted.js';
import { hasCode } from '../../errors.js';
import { storageCost, uploadCost } from '../../prices.js';
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
