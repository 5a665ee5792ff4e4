/**
 * Where everything that a command says goes: results to stdout, all else to stderr. With `--json`, results are JSON
 * Lines and an error is one object on stderr.
 */
import type { ServiceReply } from '../../errors.js';
import { type NextStep, plainWords, shellCommand } from '../../hint.js';
import type { Emit, TransferEvent } from '../../transfer/events.js';
import type { ValuesOf } from '../command/option-types.js';
import type { Context } from '../context.js';
import { usageHint } from '../help/usage-error.js';
import type { generalOptions } from '../options/general-options.js';
import { isAlwaysTold, messageOf } from './event-text.js';
import { knownError } from './known-error.js';
import { makeLines } from './lines.js';
import type { Output } from './output.js';
import type { ProgressDisplay } from './progress-display.js';
import { ProgressMeter } from './progress-meter.js';
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
  /** From now on several files are under way at the same time: the display shows the whole. @param total null: not known */
  beginFiles(total: number | null): FilesReporter;
  /** Says how far things are, now. */
  status(): void;
  /** Takes the progress display down and leaves the terminal whole. */
  close(): void;
}

/** Where the events of several files go that are under way at the same time. */
export interface FilesReporter {
  /** What happens to one of them; lines that do not name it get its name in front. */
  emitOf(file: string): Emit;
  /** One of them is done, however it ended. */
  fileDone(): void;
}

const noDisplay: ProgressDisplay = { update: () => {}, aside: (write) => write(), stop: () => {} };

/** @param makeDisplay shows progress; without it a line is written now and then */
export function makeReporter(
  context: Context,
  options: ValuesOf<typeof generalOptions>,
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

  const emit = (event: TransferEvent, file?: string): void => {
    meter.take(event);
    const message = messageOf(event);
    if (message !== null) {
      (isAlwaysTold(event) ? note : verbose)(
        file === undefined || 'file' in event ? message : named(message, file),
      );
    }
    if (beginning.has(event.kind)) begin();
    if (event.kind === 'ended') end();
    else display.update();
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
    emit,
    beginFiles: (total) => {
      meter.beginFiles(total);
      begin();
      return {
        emitOf: (file) => (event) => {
          if (event.kind !== 'ended') emit(event, visibleLine(file));
        },
        fileDone: () => {
          meter.fileDone();
          display.update();
        },
      };
    },
    status: () => urgent(meter.isBusy ? meter.line() : 'nothing is being sent'),
    close: end,
  };
}

/** A message with the name of its file in front, unless it says it. A name can be a word of any message. */
function named(message: string, file: string): string {
  const isNamed = message.startsWith(`${file}: `) || message.endsWith(` ${file}`);
  return isNamed ? message : `${file}: ${message}`;
}

function jsonText({ type, ...fields }: { type: string; [field: string]: unknown }): string {
  return visibleJson({ type, schema: 1, ...fields });
}

/** What progress is shown of. */
const beginning: ReadonlySet<TransferEvent['kind']> = new Set([
  'sending',
  'receiving',
  'retrieving',
  'downloading',
  'hashing',
  'deleting',
  'restoring',
]);

/** No animation where it would be garbage: a file, a pipe, a dumb terminal, a build log. */
export function canAnimate({ stderr, env }: Context): boolean {
  return stderr.isTTY === true && env.TERM !== 'dumb' && !env.CI;
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
