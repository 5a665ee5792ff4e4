/** A command as it runs, for modules that are called directly: its options are given, what it says and its failures are kept. */
import type { CommandRun } from '../../../../src/cli/command/command-run.js';
import { makeReporter } from '../../../../src/cli/output/reporter.js';
import { RunPatience } from '../../../../src/glacier/retry/patience.js';
import { type CliOptions, makeContext } from '../../../helpers/cli.js';
import { fakeClock } from '../../../helpers/fake-clock.js';
import { tempFolder } from '../../../helpers/temp-folder.js';

export interface Failure {
  error: unknown;
  file: string | undefined;
  at: unknown;
}

/** @param givenOptions as on the command line itself; else all that are in `options` */
export function commandRun<Options extends object>(
  options: Options = {} as Options,
  more: Partial<CliOptions> & { givenOptions?: readonly string[] } = {},
) {
  const folder = more.folder ?? tempFolder();
  const clock = fakeClock(Date.parse('2026-03-01T12:00:00Z'));
  const { context, stdout, stderr } = makeContext({ clock, ...more, folder });
  const failures: Failure[] = [];
  const stopping = new AbortController();
  const command = {
    loadCommands: async () => [],
    context,
    options,
    givenOptions: new Set(more.givenOptions ?? Object.keys(options)),
    signal: stopping.signal,
    reporter: makeReporter(context, options),
    patience: new RunPatience(),
    fail: (error, file, at) => void failures.push({ error, file, at }),
    endWith: () => {},
  } satisfies CommandRun;
  return {
    /** For any command. */
    command: command as typeof command & { options: never },
    folder,
    clock,
    failures,
    /** Ends the run as a signal does. */
    stop: () => stopping.abort(new Error('stopped')),
    stdout,
    stderr,
    /** The objects that were printed. */
    objects: (): Record<string, unknown>[] =>
      stdout()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
  };
}
