/** The command tree, built from the commands' own data. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { GlacierUpError } from '../errors.js';
import { applyEnvironment } from './apply-environment.js';
import { type CommandSpec, toOption } from './command.js';
import { CommandFailure } from './command-failure.js';
import type { OptionValues } from './command-run.js';
import { abortCommand } from './commands/abort.js';
import { completeCommand } from './commands/complete.js';
import { inventoryCommand } from './commands/inventory.js';
import { listPartsCommand } from './commands/list-parts.js';
import { listUploadsCommand } from './commands/list-uploads.js';
import { receiptsCommand } from './commands/receipts.js';
import { resumeCommand } from './commands/resume.js';
import { serveCommand } from './commands/serve.js';
import { sessionsCommand } from './commands/sessions.js';
import { treehashCommand } from './commands/treehash.js';
import { uploadCommand } from './commands/upload.js';
import { vaultsCommand } from './commands/vaults.js';
import type { Context } from './context.js';
import { exitCodeHelp } from './exit-code-help.js';
import { refuseOptionSlips } from './option-slips.js';
import { generalOptions } from './options.js';
import { makeReporter } from './output/reporter.js';

/** In the order of the help. */
export const commandSpecs: readonly CommandSpec[] = [
  uploadCommand,
  resumeCommand,
  listPartsCommand,
  completeCommand,
  abortCommand,
  treehashCommand,
  sessionsCommand,
  receiptsCommand,
  listUploadsCommand,
  vaultsCommand,
  inventoryCommand,
  serveCommand,
];

export interface Running {
  signal: AbortSignal;
  /** The parser says nothing in words on stderr: who runs the program tells its errors. */
  isJson: boolean;
  onStatus(show: () => void): void;
  /** Told the exit code of each failure, in order. */
  onFailure(exitCode: number): void;
  /** Told by a command that a signal is meant to end. */
  onServing(): void;
}

export function buildProgram(context: Context, running: Running): Command {
  const program = new Command('glacier-up')
    .description('Uploads archives into Amazon Glacier vaults, and leaves no doubt about the outcome.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command');
  settle(program, context, running);
  for (const spec of commandSpecs) program.addCommand(buildCommand(spec, context, running));
  return program;
}

function buildCommand(spec: CommandSpec, context: Context, running: Running): Command {
  const command = new Command(spec.name).summary(spec.summary).description(`${capital(spec.summary)}.`);
  settle(command, context, running);
  if (spec.operands) command.argument(spec.operands, spec.operandHelp);
  const options = [...spec.options, ...generalOptions];
  for (const option of options) command.addOption(toOption(option));
  command.addHelpText('after', () => afterHelp(spec));
  command.action(async (operands: string[] | string | undefined) => {
    try {
      applyEnvironment(command, options, context.env);
      const values = command.opts<OptionValues>();
      const reporter = makeReporter(context, values);
      running.onStatus(() => reporter.status());
      if (spec.endsBySignal) running.onServing();
      try {
        await spec.run(
          {
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
    refuseOptionSlips(command, words);
    return parseOptions(words);
  };
  return command;
}

/** What every command of the tree has in common. */
function settle(command: Command, { stdout, stderr, env }: Context, { isJson }: Running): void {
  command
    .exitOverride()
    .showHelpAfterError('hint: see glacier-up --help')
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void (isJson || stderr.write(text)),
      outputError: (text, write) => write(`glacier-up: ${text.replace(/^error: /, '')}`),
      getOutHelpWidth: () => helpWidth(stdout.columns, env),
      getErrHelpWidth: () => helpWidth(stderr.columns, env),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
}

function helpWidth(columns: number | undefined, env: Record<string, string | undefined>): number {
  const width = columns ?? Number(env.COLUMNS);
  return width >= 40 ? Math.min(width, 100) : 80;
}

function afterHelp({ name, examples, exitCodes }: CommandSpec): string {
  const lines = ['', 'Examples:'];
  for (const { command, does } of examples) lines.push(`  $ glacier-up ${command}`, `      ${does}`);
  lines.push(
    '',
    `Exit codes: ${[0, 1, 2, ...exitCodes].map((code) => `${code} ${exitCodeHelp[code]}`).join('; ')}.`,
  );
  lines.push(`More: man glacier-up-${name}`);
  return lines.join('\n');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
