/** How `list-parts` shows an upload. */
import { counted } from '../../../counted.js';
import { rangeText } from '../../../glacier/byte-range.js';
import { hint } from '../../../hint.js';
import { whereWords } from '../../../session/where-words.js';
import type { ComparedPart, PartState } from '../../../transfer/compare.js';
import type { Inspection } from '../../../transfer/inspect.js';
import { forgetStep, resumeStep, startOverStep, uploadStep } from '../../../transfer/lifecycle/next-step.js';
import type { Target } from '../../operands/targets.js';
import { partsMap } from '../../output/parts-map.js';
import { adviceText, suggestedCommand } from '../../output/suggested-command.js';
import { durationText, sizeText } from '../../output/units.js';
import { visibleLine } from '../../output/visible.js';
import type { ListPartsRun } from './options.js';

/** `list-parts --json`: an object for each part, then one for all of them. */
export function printJson({ reporter }: ListPartsRun, inspection: Inspection): void {
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

/** What a person is shown: the parts, their sum, and what to do next. */
export function printText(command: ListPartsRun, inspection: Inspection, target: Target): void {
  const { reporter, context, options } = command;
  const { parts, counts, firstGap, partSizeBytes, sizeBytes, lastActivityAt, fileChanged } = inspection;
  const isForReading = context.stdout.isTTY === true && !options.verbose;
  for (const line of isForReading ? runLines(parts) : parts.map(partLine)) reporter.line(line);
  if (context.stdout.isTTY)
    for (const row of partsMap(parts, context.stdout.columns ?? 80)) reporter.line(row);
  const total = sizeBytes === null ? parts.length : Math.ceil(sizeBytes / partSizeBytes);
  const summary = [
    `${visibleLine(target.name)}: ${counted(total, 'part')} of ${sizeText(partSizeBytes)}`,
    Object.entries(counts)
      .filter(([, count]) => count > 0)
      .map(([state, count]) => `${count} ${state}`)
      .join(', '),
    firstGap ? `first gap ${rangeText(firstGap)}` : '',
  ];
  reporter.line(summary.filter(Boolean).join('; '));
  if (fileChanged !== null) reporter.note(`the file has changed since the upload began (${fileChanged})`);
  if (lastActivityAt !== null) reporter.note(lifeText(inspection, context.clock.now()));
  reporter.note(nextStep(command, inspection, target));
}

function partLine({ range, state, treeHash, serverTreeHash }: ComparedPart): string {
  return `${rangeText(range)}  ${state}  ${serverTreeHash ?? treeHash ?? '-'}`;
}

/** For people: neighbours of one state in one line, since an upload may have 10,000 parts. */
function runLines(parts: readonly ComparedPart[]): string[] {
  const runs: { start: number; end: number; state: PartState; count: number }[] = [];
  for (const { range, state } of parts) {
    const last = runs.at(-1);
    if (last?.state === state && last.end === range.start) {
      last.end = range.end;
      last.count += 1;
    } else runs.push({ ...range, state, count: 1 });
  }
  return runs.map(({ count, state, ...range }) => `${rangeText(range)}  ${state}  ${counted(count, 'part')}`);
}

function lifeText({ lastActivityAt, mayExpireAt }: Inspection, nowMs: number): string {
  const idle = durationText(nowMs - Date.parse(lastActivityAt ?? ''));
  const leftMs = Date.parse(mayExpireAt ?? '') - nowMs;
  return leftMs > 0
    ? `last confirmed ${idle} ago; may be dropped after ${durationText(leftMs)} more without a part`
    : `last confirmed ${idle} ago: the service may drop it at any time`;
}

function nextStep(
  command: ListPartsRun,
  inspection: Inspection,
  { session, selector, name }: Target,
): string {
  const { counts, uploadId, sizeBytes, fileChanged, lack } = inspection;
  if (session && lack !== null) {
    const wayOut =
      session.streamName === undefined
        ? hint`check the hash, the size and the upload ID; ${uploadStep(session)}`
        : startOverStep(session);
    return `${lack}; ${adviceText(command, hint`${wayOut}; ${forgetStep(session)}`)}`;
  }
  if (session?.streamName !== undefined) {
    const again = ['upload', '-', '--name', session.streamName, ...whereWords(selector)];
    return session.completion
      ? `the stream had come to its end, every part is there; next: ${suggestedCommand(command, ['complete', session.id])}`
      : `next: run the producer again into ${suggestedCommand(command, again)}`;
  }
  if (sizeBytes === null) {
    return session?.completion
      ? `next: ${adviceText(command, resumeStep(session))}`
      : 'name the file to compare its parts';
  }
  if (counts.unexpected > 0 && fileChanged === null) {
    const wayOut = session
      ? `: ${adviceText(command, hint`${startOverStep(session)}; ${forgetStep(session)}`)}`
      : '';
    return `some parts cannot belong to this file: check the file and the upload ID${wayOut}`;
  }
  if (fileChanged !== null && counts.different > 0 && session?.path) {
    const again = ['upload', session.path, ...whereWords(selector), '--start-over'];
    return `put the old file back to resume; or, to archive the file as it is now: ${suggestedCommand(command, again)}`;
  }
  const operands = session ? [session.id] : [...whereWords(selector), `--upload-id=${uploadId}`, name];
  return counts.missing + counts.different > 0
    ? `next: ${suggestedCommand(command, ['resume', ...operands])}`
    : `every part is there; next: ${suggestedCommand(command, ['complete', ...operands])}`;
}
