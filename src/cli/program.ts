/** The command tree, built from the commands' own data. */
import { Command } from 'commander';
import { GlacierUpError } from '../errors.js';
import { applyEnvironment } from './apply-environment.js';
import { type CommandSpec, flagsOf, toOption } from './command.js';
import { CommandFailure } from './command-failure.js';
import type { OptionValues } from './command-run.js';
import { abortCommand } from './commands/abort.js';
import { completeCommand } from './commands/complete.js';
import { completionCommand } from './commands/completion.js';
import { deleteCommand } from './commands/delete.js';
import { inventoryCommand } from './commands/inventory.js';
import { listPartsCommand } from './commands/list-parts.js';
import { listUploadsCommand } from './commands/list-uploads.js';
import { receiptsCommand } from './commands/receipts.js';
import { reconcileCommand } from './commands/reconcile.js';
import { resumeCommand } from './commands/resume.js';
import { retrieveCommand } from './commands/retrieve.js';
import { serveCommand } from './commands/serve.js';
import { sessionsCommand } from './commands/sessions.js';
import { treehashCommand } from './commands/treehash.js';
import { uploadCommand } from './commands/upload.js';
import { vaultsCommand } from './commands/vaults.js';
import type { Context } from './context.js';
import { commandHelp } from './help/command-help.js';
import { helpFlags, programHelp, shortHelp, versionFlags } from './help/program-help.js';
import { usageError } from './help/usage-error.js';
import { refuseOptionSlips } from './option-slips.js';
import { generalOptions } from './options.js';
import { makeReporter, type Reporter } from './output/reporter.js';
import { version } from './version.js';

/** In the order of the help. */
export const commandSpecs: readonly CommandSpec[] = [
  uploadCommand,
  resumeCommand,
  listPartsCommand,
  completeCommand,
  abortCommand,
  reconcileCommand,
  retrieveCommand,
  deleteCommand,
  treehashCommand,
  sessionsCommand,
  receiptsCommand,
  listUploadsCommand,
  vaultsCommand,
  inventoryCommand,
  serveCommand,
  completionCommand,
];

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

export function buildProgram(context: Context, running: Running): Command {
  const program = new Command('glacier-up').version(version(), versionFlags, 'print the version');
  settle(program, context, running, '');
  program.helpInformation = (where) =>
    where?.error
      ? shortHelp(commandSpecs, helpWidth(context.stderr.columns, context.env))
      : programHelp(commandSpecs, helpWidth(context.stdout.columns, context.env));
  for (const spec of commandSpecs) program.addCommand(buildCommand(spec, context, running));
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

function buildCommand(spec: CommandSpec, context: Context, running: Running): Command {
  const command = new Command(spec.name);
  settle(command, context, running, spec.name);
  command.helpInformation = () => commandHelp(spec, helpWidth(context.stdout.columns, context.env));
  if (spec.operands) command.argument(spec.operands, spec.operandHelp);
  const options = [...spec.options, ...generalOptions];
  for (const option of options) command.addOption(toOption(option));
  command.action(async (operands: string[] | string | undefined) => {
    try {
      applyEnvironment(command, options, context.env);
      const values = command.opts<OptionValues>();
      const reporter = makeReporter(context, values);
      running.onReporter(reporter);
      if (spec.endsBySignal) running.onServing();
      try {
        await spec.run(
          {
            commands: commandSpecs,
            context,
            options: values,
            givenOptions: new Set(
              Object.keys(values).filter((name) => command.getOptionValueSource(name) === 'cli'),
            ),
            signal: running.signal,
            reporter,
            fail: (error, file) => {
              reporter.error(error, { command: spec.name, ...(file === undefined ? {} : { file }) });
              running.onFailure(error instanceof GlacierUpError ? error.exitCode : 1);
            },
            endWith: (exitCode) => running.onFailure(exitCode),
          },
          [operands ?? []].flat(),
        );
      } finally {
        reporter.close();
      }
    } catch (error) {
      throw new CommandFailure(spec.name, error);
    }
  });
  const parseOptions = command.parseOptions.bind(command);
  command.parseOptions = (words) => {
    try {
      refuseOptionSlips(command, words);
    } catch (error) {
      throw new CommandFailure(spec.name, error);
    }
    return parseOptions(words);
  };
  return command;
}

/** What every command of the tree has in common: the parser says nothing by itself, its errors become ours. */
function settle(command: Command, { stdout, stderr }: Context, { isJson }: Running, name: string): void {
  command
    .helpOption(helpFlags, 'print help')
    .exitOverride((error) => {
      const isHelp = error.exitCode === 0 || error.code === 'commander.help';
      throw isHelp ? error : new CommandFailure(name, usageError(error, name, isOptionOfSomeCommand));
    })
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void (isJson || stderr.write(text)),
      outputError: () => {},
    });
}

function isOptionOfSomeCommand(long: string): boolean {
  return commandSpecs.some(({ options }) =>
    [...options, ...generalOptions].some((option) => flagsOf(option).long === long),
  );
}

function helpWidth(columns: number | undefined, env: Record<string, string | undefined>): number {
  const width = columns ?? Number(env.COLUMNS);
  return width >= 40 ? Math.min(width, 100) : 80;
}
