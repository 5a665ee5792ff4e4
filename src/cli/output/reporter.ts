/**
 * Where everything that a command says goes: results to stdout, all else to stderr. With `--json`, results are JSON
 * Lines and an error is one object on stderr.
 */
import { counted } from '../../counted.js';
import type { ServiceReply } from '../../errors.js';
import { rangeText } from '../../glacier/byte-range.js';
import { maxParts } from '../../glacier/limits.js';
import { type NextStep, plainWords, shellCommand } from '../../hint.js';
import type { Emit, TransferEvent } from '../../transfer/events.js';
import type { Context } from '../context.js';
import { usageHint } from '../help/usage-error.js';
import type { OptionValues } from '../parsed-options.js';
import { knownError } from './known-error.js';
import { makeLines } from './lines.js';
import type { Output } from './output.js';
import type { ProgressDisplay } from './progress-display.js';
import { ProgressMeter } from './progress-meter.js';
import { durationText, sizeText } from './units.js';
import { visible, visibleJson, visibleLine, withoutPasswords } from './visible.js';

/** What failed, and how a command that the hint names is typed there. */
export interface FailedAt {
  command: string;
  file?: string | undefined;
  typed?: ((step: NextStep) => string) | undefined;
}

export interface Reporter {
  readonly isJson: boolean;
  /** A line of the result. Control characters are made visible. */
  line(text: string): void;
  /**
   * Many lines of the result, or objects of it, at a time. Waits for whoever reads them, so that what cannot be written
   * yet does not pile up.
   * @returns false once nobody reads any more: there is no use in more of them
   */
  lines(texts: readonly string[]): Promise<boolean>;
  jsons(results: readonly { type: string; [field: string]: unknown }[]): Promise<boolean>;
  /** Bytes of the result as they are: for a format with an escaping of its own. */
  raw(text: string): void;
  /** One object of the result; only shown with `--json`. */
  json(result: { type: string; [field: string]: unknown }): void;
  /** Something worth knowing, on stderr; silent under `--quiet`. */
  note(message: string): void;
  verbose(message: string): void;
  /** The same, under `--quiet` too. */
  urgent(message: string): void;
  error(error: unknown, where: FailedAt): void;
  readonly emit: Emit;
  /** Says how far things are, now. */
  status(): void;
  /** Takes the progress display down and leaves the terminal whole. */
  close(): void;
}

const noDisplay: ProgressDisplay = { update: () => {}, aside: (write) => write(), stop: () => {} };

/** @param makeDisplay shows progress; without it a line is written now and then */
export function makeReporter(
  context: Context,
  options: OptionValues,
  makeDisplay?: (stderr: Output, meter: ProgressMeter) => ProgressDisplay,
): Reporter {
  const { stdout, stderr, clock } = context;
  const isJson = options.json === true;
  const isQuiet = options.quiet === true;
  const meter = new ProgressMeter(clock);
  let display = noDisplay;
  const toStderr = (text: string): void =>
    display.aside(() => void stderr.write(`${withoutPasswords(text)}\n`));
  const urgent = (message: string): void =>
    toStderr(isJson ? visibleJson({ type: 'note', schema: 1, message }) : `glacier-up: ${visible(message)}`);
  const note = (message: string): void => {
    if (!isQuiet) urgent(message);
  };
  const verbose = (message: string): void => {
    if (options.verbose || options.debug) note(message);
  };
  const writeAll = async (text: string): Promise<boolean> => {
    await (stdout.writeAll?.(text) ?? stdout.write(text));
    return stdout.fault === undefined;
  };
  const begin = (): void => {
    if (display !== noDisplay || isQuiet || isJson || options.progress === false) return;
    display = makeDisplay?.(stderr, meter) ?? makeLines((text) => note(text), meter, clock);
  };
  const end = (): void => {
    display.stop();
    display = noDisplay;
    meter.reset();
  };

  return {
    isJson,
    line: (text) => display.aside(() => void stdout.write(`${visible(text)}\n`)),
    lines: (texts) => writeAll(texts.map((text) => `${visibleLine(text)}\n`).join('')),
    jsons: (results) => writeAll(results.map((result) => `${jsonText(result)}\n`).join('')),
    raw: (text) => display.aside(() => void stdout.write(text)),
    json: (result) => {
      if (isJson) stdout.write(`${jsonText(result)}\n`);
    },
    note,
    verbose,
    urgent,
    error: (error, where) => toStderr(errorText(error, where, { isJson, debug: options.debug === true })),
    emit: (event) => {
      meter.take(event);
      const message = messageOf(event);
      if (message !== null) (isAlwaysTold(event) ? note : verbose)(message);
      if (beginning.has(event.kind)) begin();
      if (event.kind === 'ended') end();
      else display.update();
    },
    status: () => urgent(meter.isBusy ? meter.line() : 'nothing is being sent'),
    close: end,
  };
}

function jsonText({ type, ...fields }: { type: string; [field: string]: unknown }): string {
  return visibleJson({ type, schema: 1, ...fields });
}

/** What is said without --verbose. */
const alwaysTold: ReadonlySet<TransferEvent['kind']> = new Set([
  'note',
  'sending',
  'receiving',
  'retrieving',
  'nearing-limit',
  'dropped',
]);

function isAlwaysTold(event: TransferEvent): boolean {
  return alwaysTold.has(event.kind) || (event.kind === 'downloading' && event.keptBytes > 0);
}

/** What progress is shown of. */
const beginning: ReadonlySet<TransferEvent['kind']> = new Set([
  'sending',
  'receiving',
  'retrieving',
  'downloading',
  'hashing',
]);

/** No animation where it would be garbage: a file, a pipe, a dumb terminal, a build log. */
export function canAnimate({ stderr, env }: Context): boolean {
  return stderr.isTTY === true && env.TERM !== 'dumb' && !env.CI;
}

function messageOf(event: TransferEvent): string | null {
  switch (event.kind) {
    case 'note':
      return event.message;
    case 'sending': {
      const { file, plan, keptParts, keptBytes, isNew } = event;
      const parts = `${counted(plan.partCount, 'part')} of ${sizeText(plan.partSizeBytes)}`;
      return isNew
        ? `${visibleLine(file)}: sending ${sizeText(plan.sizeBytes)} in ${parts}`
        : `${visibleLine(file)}: resumed: ${keptParts} of ${parts} (${sizeText(keptBytes)}) are stored already`;
    }
    case 'receiving': {
      const { file, partSizeBytes, keptParts, keptBytes, isNew } = event;
      const parts = `parts of ${sizeText(partSizeBytes)}`;
      return isNew
        ? `${visibleLine(file)}: sending what comes, in ${parts}: at most ${sizeText(partSizeBytes * maxParts)}`
        : `${visibleLine(file)}: resumed: ${keptParts} ${parts} (${sizeText(keptBytes)}) are stored already, what comes is compared with them`;
    }
    case 'nearing-limit': {
      const { usedParts, partSizeBytes } = event;
      const holds = `${sizeText(usedParts * partSizeBytes)} of the ${sizeText(maxParts * partSizeBytes)} that parts of ${sizeText(partSizeBytes)} can hold`;
      return `${usedParts} of ${maxParts} parts are used, ${holds}: if much more is to come, begin again with a larger --part-size and --start-over`;
    }
    case 'part-found':
      return `part ${rangeText(event.range)} is stored already`;
    case 'retrieving': {
      const { file, totalBytes, keptBytes, totalRanges, keptRanges } = event;
      const ranges = counted(totalRanges, 'range');
      return keptRanges === 0
        ? `${visibleLine(file)}: downloading ${sizeText(totalBytes)} in ${ranges}`
        : `${visibleLine(file)}: resumed: ${keptRanges} of ${ranges} (${sizeText(keptBytes)}) are proved already`;
    }
    case 'downloading': {
      const { totalBytes, keptBytes } = event;
      return keptBytes === 0
        ? `downloading the inventory: ${sizeText(totalBytes)}`
        : `resumed: ${sizeText(keptBytes)} of the inventory's ${sizeText(totalBytes)} are downloaded already`;
    }
    case 'dropped': {
      const { jobId, sizeBytes, reason } = event;
      return `the ${sizeText(sizeBytes)} that were downloaded of inventory job ${jobId} are deleted: ${reason}`;
    }
    case 'range-proved':
      return `range ${event.range.start}-${event.range.end - 1} proved`;
    case 'retry': {
      const { error, waitMs, attempt } = event;
      return `try ${attempt} failed: ${error.message}; again in ${durationText(waitMs)}`;
    }
    case 'concurrency':
      return `sending ${counted(event.lanes, 'part')} at a time: ${event.reason}`;
    case 'part-stored':
      return `part ${event.range.start}-${event.range.end - 1} stored`;
    case 'completing':
      return `${visibleLine(event.file)}: completing`;
    default:
      return null;
  }
}

function errorText(
  error: unknown,
  { command, file, typed = (step) => shellCommand(plainWords(step)) }: FailedAt,
  { isJson, debug }: { isJson: boolean; debug: boolean },
): string {
  const known = knownError(error);
  const advice = known.advice?.text(typed);
  const hint = known.code === 'usage' ? usageHint(advice, command) : advice;
  const next = known.advice?.steps.map(typed) ?? [];
  if (isJson) {
    const { code, exitCode, message, service } = known;
    return visibleJson({
      type: 'error',
      schema: 1,
      code,
      exitCode,
      message,
      ...(hint ? { hint } : {}),
      ...(next.length > 0 ? { next } : {}),
      ...(file ? { file } : {}),
      ...(service ? { service: answerFields(service) } : {}),
    });
  }
  const subject = [command, file === undefined ? undefined : visibleLine(file)].filter(Boolean).join(': ');
  const lines = [`glacier-up: ${subject}${subject ? ': ' : ''}${visibleLine(known.message)}`];
  if (hint) lines.push(`hint: ${visibleLine(hint)}`);
  if (debug) lines.push(...stackLines(known));
  return lines.join('\n');
}

function answerFields({ operation, code, httpStatus, requestId }: ServiceReply): Record<string, unknown> {
  return { operation, code: code ?? null, httpStatus: httpStatus ?? null, requestId: requestId ?? null };
}

/** Stacks only: whole errors of the SDK hold the request, and with it the signature. */
function stackLines(error: Error): string[] {
  const lines: string[] = [];
  for (let at: unknown = error; at instanceof Error && lines.length < 60; at = at.cause) {
    lines.push(...visible(at.stack ?? String(at)).split('\n'));
  }
  return lines;
}
