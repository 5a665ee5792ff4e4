/** The program from its arguments to how it ends: signals, messages and exit codes are mapped here and nowhere else. */
import { setMaxListeners } from 'node:events';
import { errnoOf, exitCodeOf, GlacierUpError } from '../errors.js';
import { hint, step } from '../hint.js';
import { commandHeadings } from './commands/index.js';
import type { Context, EndingSignal } from './context.js';
import { helpWidth } from './help/layout.js';
import { isProgramHelp, programHelp } from './help/program-help.js';
import { isJsonWanted } from './output/json-wanted.js';
import { makeReporter, type Reporter } from './output/reporter.js';
import { CommandFailure } from './parser/command-failure.js';

/** How the process should end. After a signal it ends by that signal, so that a shell's loop stops too. */
export type Ending = { code: number } | { signal: EndingSignal };

const endingSignals: readonly EndingSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** After a signal, work has this long to stop and save; state is whole at any moment anyway. */
const graceMs = 4500;

/** With what comes before it, it fits 80 columns: a terminal should not break it. */
const stoppingText = 'stopping; run it again to resume (press again to quit)';

/** What `AbortSignal.reason` is after a signal. */
class Interrupted extends Error {
  readonly signal: EndingSignal;

  constructor(signal: EndingSignal) {
    super(`interrupted by ${signal}`);
    this.signal = signal;
  }
}

/**
 * Runs one command line.
 * @param argv the words after the program's name
 * @returns how to end; nothing here ends the process but a second signal
 */
export async function main(argv: readonly string[], context: Context): Promise<Ending> {
  const abort = new AbortController();
  // Every request under way listens to it: Node would warn of more than ten.
  setMaxListeners(0, abort.signal);
  const options = { json: isJsonWanted(argv, context.env), debug: argv.includes('--debug') };
  const reporter = makeReporter(context, options);
  const watch = watchSignals(context, abort, reporter);
  const failures: number[] = [];
  try {
    if (isProgramHelp(argv)) {
      context.stdout.write(programHelp(commandHeadings, helpWidth(context.stdout.columns, context.env)));
    } else {
      const { runProgram } = await import('./parser/program.js');
      await runProgram(argv, context, {
        signal: abort.signal,
        isJson: reporter.isJson,
        onReporter: watch.onReporter,
        onFailure: (exitCode) => failures.push(exitCode),
        onServing: watch.onServing,
      });
    }
    if (failures.length === 0) assertTold(context);
  } catch (error) {
    if (!abort.signal.aborted) failures.push(report(error, reporter));
  } finally {
    watch.stop();
  }
  if (abort.signal.reason instanceof Interrupted && !watch.isServing())
    return { signal: abort.signal.reason.signal };
  return { code: exitCodeOf(failures) };
}

/**
 * A success whose result nobody could read counts as a failure: a script that stores the archive ID would store nothing. A reader
 * that went away (`| head`) has read what it wanted.
 * @throws GlacierUpError `failed`
 */
function assertTold({ stdout: { fault } }: Context): void {
  if (fault === undefined || errnoOf(fault) === 'EPIPE') return;
  throw new GlacierUpError('failed', `the result could not be written to standard output: ${fault.message}`, {
    hint: hint`what was done is done: run the same command again, or see ${step('receipts')} for archive IDs`,
    cause: fault,
  });
}

/** Errors that reach this far ended the command; those of single files are reported where they happen. */
function report(error: unknown, reporter: Reporter): number {
  const known = error instanceof CommandFailure ? error.cause : error;
  const { command, typed } = error instanceof CommandFailure ? error : { command: '' };
  reporter.error(known, { command, typed });
  return known instanceof GlacierUpError ? known.exitCode : 1;
}

interface Watch {
  /** What SIGUSR2 asks how far things are, and what takes the progress down before a signal ends the process. */
  onReporter(reporter: Reporter): void;
  /** From now on a signal is how the command is meant to end. */
  onServing(): void;
  isServing(): boolean;
  stop(): void;
}

/** The first signal stops the work and lets it save; the second ends at once. */
function watchSignals(context: Context, abort: AbortController, first: Reporter): Watch {
  let reporter = first;
  let isServing = false;
  const onUsr2 = (): void => reporter.status();
  let cancelGrace: () => void = () => {};
  const kill = (signal: EndingSignal): void => {
    reporter.close();
    context.kill(signal);
  };
  const listeners = endingSignals.map((signal) => {
    const listener = (): void => {
      if (abort.signal.aborted) {
        kill(signal);
        return;
      }
      reporter.close();
      if (!isServing) reporter.urgent(`${signal}: ${stoppingText}`);
      cancelGrace = context.clock.after(graceMs, () => kill(signal), { unref: true });
      abort.abort(new Interrupted(signal));
    };
    return { signal, listener };
  });
  // Without a listener, Node would let an ignored signal end the process: it has set it back to its default.
  const watched = listeners.map(({ signal, listener }) => ({
    signal,
    listener: context.ignoredSignals.has(signal) ? () => {} : listener,
  }));
  for (const { signal, listener } of watched) context.signals.on(signal, listener);
  context.signals.on('SIGUSR2', onUsr2);
  return {
    onReporter: (newReporter) => {
      reporter = newReporter;
    },
    onServing: () => {
      isServing = true;
    },
    isServing: () => isServing,
    stop: () => {
      cancelGrace();
      for (const { signal, listener } of watched) context.signals.off(signal, listener);
      context.signals.off('SIGUSR2', onUsr2);
    },
  };
}
