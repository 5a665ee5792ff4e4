/** The parser of a command line, built from the data of the command that it names. */
import { Command, CommanderError } from 'commander';
import { GlacierUpError } from '../../errors.js';
import { RunPatience } from '../../glacier/retry/patience.js';
import type { NextStep } from '../../hint.js';
import { type CommandSpec, type OptionSpec, optionKey } from '../command/command.js';
import type { CommandRun, RunnableCommand } from '../command/command-run.js';
import { commandHeadings, loadCommand, loadCommands } from '../commands/index.js';
import type { Context } from '../context.js';
import { commandHelp } from '../help/command-help.js';
import { helpWidth } from '../help/layout.js';
import { helpFlags, programHelp, shortHelp, versionFlags } from '../help/program-help.js';
import { usageError } from '../help/usage-error.js';
import { generalOptions } from '../options/general-options.js';
import { canAnimate, makeReporter, type Reporter } from '../output/reporter.js';
import { typedStep } from '../output/suggested-command.js';
import { version } from '../version.js';
import { applyEnvironment } from './apply-environment.js';
import { CommandFailure } from './command-failure.js';
import { markIds, unmarkIds } from './id-operands.js';
import { assertGoTogether, overridden } from './option-rules.js';
import { refuseOptionSlips } from './option-slips.js';
import { toOption } from './to-option.js';

export interface Running {
  signal: AbortSignal;
  /** The parser says nothing in words on stderr: who runs the program tells its errors. */
  isJson: boolean;
  /** Told where the command says what it says. */
  onReporter(reporter: Reporter): void;
  /** Told the exit code of each failure, in order. */
  onFailure(exitCode: number): void;
  /** Told by a command that a signal is meant to end. */
  onServing(): void;
}

/**
 * Runs the command that a command line names.
 * @throws CommandFailure with what ended it
 */
export async function runProgram(argv: readonly string[], context: Context, running: Running): Promise<void> {
  try {
    const program = await buildProgram(argv, context, running);
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommandFailure && error.cause instanceof CommanderError)) throw error;
    await endOfParsing(error.cause, error.command, running);
  }
}

/** What the parser ended with: help that was shown, or wrong usage. */
async function endOfParsing(error: CommanderError, name: string, running: Running): Promise<void> {
  if (error.exitCode === 0) return;
  if (error.code !== 'commander.help') {
    // Only where no command was named may the option be meant for one.
    const options = name === '' ? (await loadCommands()).flatMap((spec) => optionsOf(spec)) : [];
    throw new CommandFailure(name, usageError(error, name, options));
  }
  // Without a command the short help was shown, which is no JSON.
  const unnamed = new GlacierUpError('usage', 'no command is named');
  if (running.isJson) throw new CommandFailure(name, unnamed);
  running.onFailure(unnamed.exitCode);
}

function optionsOf({ options }: CommandSpec): OptionSpec[] {
  return [...options, ...generalOptions];
}

async function buildProgram(argv: readonly string[], context: Context, running: Running): Promise<Command> {
  const program = new Command('glacier-up').version(version(), versionFlags, 'print the version');
  settle(program, context, running, '');
  program.helpInformation = (where) =>
    where?.error
      ? shortHelp(commandHeadings, helpWidth(context.stderr.columns, context.env))
      : programHelp(commandHeadings, helpWidth(context.stdout.columns, context.env));
  // The command is one of the words, and so is that of which "help" is asked; the others need only be known by name.
  for (const { name } of commandHeadings) {
    const spec = argv.includes(name) ? await loadCommand(name) : undefined;
    program.addCommand(spec ? buildCommand(spec, context, running) : new Command(name));
  }
  return program.helpCommand(false).addCommand(buildHelpCommand(program, context, running));
}

function buildHelpCommand(program: Command, context: Context, running: Running): Command {
  const command = new Command('help').argument('[command]');
  settle(command, context, running, 'help');
  command.helpInformation = () => program.helpInformation();
  return command.action(async (name: string | undefined) => {
    const subject = name === undefined ? program : program.commands.find((known) => known.name() === name);
    // An unknown name is told by the parser, with what may have been meant.
    if (subject) context.stdout.write(subject.helpInformation());
    else await program.parseAsync([name ?? ''], { from: 'user' });
  });
}

function buildCommand(spec: RunnableCommand, context: Context, running: Running): Command {
  const command = new Command(spec.name);
  settle(command, context, running, spec.name);
  command.helpInformation = () => commandHelp(spec, helpWidth(context.stdout.columns, context.env));
  if (spec.operands) command.argument(spec.operands, spec.operandHelp);
  const options = optionsOf(spec);
  for (const option of options) command.addOption(toOption(option));
  command.action(async (words: string[] | string | undefined) => {
    let typed: ((step: NextStep) => string) | undefined;
    try {
      const givenOptions = new Set(
        Object.keys(command.opts()).filter((name) => command.getOptionValueSource(name) === 'cli'),
      );
      const ignored = overridden(options, givenOptions);
      applyEnvironment(
        command,
        options.filter((option) => !ignored.has(optionKey(option))),
        context.env,
      );
      const values = command.opts<CommandRun['options']>();
      const operands = [words ?? []].flat();
      const given = { options: values, givenOptions };
      typed = (step) => typedStep(given, step);
      assertGoTogether(options, { values, given: givenOptions, operands });
      const bar = canAnimate(context) ? await import('../output/bar.js') : undefined;
      const reporter = makeReporter(context, values, bar?.makeBar);
      running.onReporter(reporter);
      if (spec.endsBySignal) running.onServing();
      try {
        const run: CommandRun = {
          loadCommands,
          context,
          options: values,
          givenOptions,
          signal: running.signal,
          reporter,
          patience: new RunPatience(),
          fail: (error, file, at) => {
            const typedThere = (step: NextStep) => typedStep(given, step, at);
            reporter.error(error, { command: spec.name, file, typed: typedThere });
            running.onFailure(error instanceof GlacierUpError ? error.exitCode : 1);
          },
          endWith: (exitCode) => running.onFailure(exitCode),
        };
        // The values were parsed by the declaration that the command's run is typed by.
        await spec.run(run as never, operands);
      } finally {
        reporter.close();
      }
    } catch (error) {
      throw new CommandFailure(spec.name, error, typed);
    }
  });
  const parseOptions = command.parseOptions.bind(command);
  command.parseOptions = (words) => {
    try {
      refuseOptionSlips(command, words);
    } catch (error) {
      throw new CommandFailure(spec.name, error);
    }
    const { operands, unknown } = parseOptions(markIds(command, words));
    return { operands: unmarkIds(operands), unknown: unmarkIds(unknown) };
  };
  return command;
}

/** What every command of the tree has in common: the parser says nothing by itself, its errors become ours. */
function settle(command: Command, { stdout, stderr }: Context, { isJson }: Running, name: string): void {
  command
    .helpOption(helpFlags, 'print help')
    .exitOverride((error) => {
      throw new CommandFailure(name, error);
    })
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void (isJson || stderr.write(text)),
      outputError: () => {},
    });
}
