import { GlacierUpError } from '../../../errors.js';
import { rangeText } from '../../../glacier/byte-range.js';
import { type Inspection, inspectUpload } from '../../../transfer/inspect.js';
import type { CommandRun } from '../../command-run.js';
import { openState, withSurroundings } from '../../open-surroundings.js';
import { partsMap } from '../../output/parts-map.js';
import { durationText, sizeText } from '../../output/units.js';
import { visibleLine } from '../../output/visible.js';
import { resolveTarget, type Target } from '../../targets.js';

export async function run(command: CommandRun, operands: string[]): Promise<void> {
  const state = await openState(command);
  const target = await resolveTarget(command, state, operands[0]);
  const uploadId = target.uploadId ?? target.session?.uploadId ?? null;
  if (uploadId === null) {
    throw new GlacierUpError(
      'upload-gone',
      'this upload was not begun yet: a crash fell between asking and noting its ID',
      {
        hint: `"glacier-up resume ${target.session?.id}" begins it anew`,
      },
    );
  }
  await withSurroundings(command, state, target.whereTo, async (surroundings) => {
    const inspection = await inspectUpload(surroundings, {
      uploadId,
      file: target.file,
      verify: command.options.verify === true,
      session: target.session,
    }).catch((error: unknown) => {
      throw explained(error, target);
    });
    if (command.reporter.isJson) printJson(command, inspection);
    else printText(command, inspection, target);
  });
}

/** A 404 here may mean expired, aborted or completed: only `complete` can tell. */
function explained(error: unknown, { session }: Target): unknown {
  if (!(error instanceof GlacierUpError) || error.code !== 'upload-gone' || !session) return error;
  return new GlacierUpError('upload-gone', `the upload is not open any more: ${error.message}`, {
    cause: error,
    hint: `"glacier-up complete ${session.id}" asks whether it was completed; "glacier-up upload" begins anew if it was not`,
  });
}

function printJson({ reporter }: CommandRun, inspection: Inspection): void {
  for (const { range, state, treeHash, serverTreeHash } of inspection.parts) {
    reporter.json({ type: 'part', range: rangeText(range), state, treeHash, serverTreeHash });
  }
  const { uploadId, description, partSizeBytes, sizeBytes, counts, firstGap, createdAt, fileChanged } =
    inspection;
  const { lastActivityAt, mayExpireAt } = inspection;
  reporter.json({
    type: 'parts',
    uploadId,
    description,
    partSizeBytes,
    sizeBytes,
    ...counts,
    firstGap: firstGap && rangeText(firstGap),
    createdAt,
    lastActivityAt,
    mayExpireAt,
    fileChanged,
  });
}

function printText({ reporter, context }: CommandRun, inspection: Inspection, target: Target): void {
  const { parts, counts, firstGap, partSizeBytes, sizeBytes, lastActivityAt, fileChanged } = inspection;
  for (const { range, state, treeHash, serverTreeHash } of parts) {
    reporter.line(`${rangeText(range)}  ${state}  ${serverTreeHash ?? treeHash ?? '-'}`);
  }
  if (context.stdout.isTTY)
    for (const row of partsMap(parts, context.stdout.columns ?? 80)) reporter.line(row);
  const total = sizeBytes === null ? parts.length : Math.ceil(sizeBytes / partSizeBytes);
  const summary = [
    `${visibleLine(target.name)}: ${total} parts of ${sizeText(partSizeBytes)}`,
    Object.entries(counts)
      .filter(([, count]) => count > 0)
      .map(([state, count]) => `${count} ${state}`)
      .join(', '),
    firstGap ? `first gap ${rangeText(firstGap)}` : '',
  ];
  reporter.line(summary.filter(Boolean).join('; '));
  if (fileChanged !== null) reporter.note(`the file has changed since the upload began (${fileChanged})`);
  if (lastActivityAt !== null) reporter.note(lifeText(inspection, context.clock.now()));
  reporter.note(nextStep(inspection, target));
}

function lifeText({ lastActivityAt, mayExpireAt }: Inspection, nowMs: number): string {
  const idle = durationText(nowMs - Date.parse(lastActivityAt ?? ''));
  const leftMs = Date.parse(mayExpireAt ?? '') - nowMs;
  return leftMs > 0
    ? `last confirmed ${idle} ago; the service may drop the upload after ${durationText(leftMs)} more without a part`
    : `last confirmed ${idle} ago: the service may drop the upload at any time`;
}

function nextStep({ counts, uploadId, sizeBytes }: Inspection, { session, whereTo, name }: Target): string {
  const operand = session
    ? session.id
    : `--vault ${whereTo.vault} --upload-id=${uploadId}${sizeBytes === null ? '' : ` ${visibleLine(name)}`}`;
  if (session?.streamName !== undefined) {
    return session.completion
      ? `the stream had come to its end, every part is there; next: glacier-up complete ${session.id}`
      : `next: run the producer again into glacier-up upload - --name ${visibleLine(session.streamName)} --vault ${whereTo.vault}`;
  }
  if (sizeBytes === null) return 'name the file to compare its parts';
  if (counts.unexpected > 0) return 'some parts cannot belong to this file: check the file and the upload ID';
  return counts.missing + counts.different > 0
    ? `next: glacier-up resume ${operand}`
    : `every part is there; next: glacier-up complete ${operand}`;
}
