/** `glacier-up-COMMAND.1`. */
import type { CommandSpec } from '../../src/cli/command/command.js';
import { capital, commandLines } from '../../src/cli/help/command-help.js';
import { exitCodesOf } from '../../src/cli/help/exit-codes.js';
import { wrap } from '../../src/cli/help/layout.js';
import { generalOptions } from '../../src/cli/options/general-options.js';
import { bold, literal, paragraphs, prose, references, section, sentences, tagged, typed } from './roff.js';
import { environment, exitStatus, files, heading, options, placeholder } from './sections.js';

/** Examples stand indented in a page of 78 columns. */
const exampleColumns = 66;

export function commandPage(
  spec: CommandSpec,
  page: { version: string; date: string; commands: ReadonlySet<string> },
): string {
  const name = `glacier-up-${spec.name}`;
  const all = [...spec.options, ...generalOptions];
  const related = spec.seeAlso.filter((other) => page.commands.has(other));
  const lines = [
    ...heading(name, page.version, page.date),
    ...section('NAME', wrap(`${literal(name)} \\- ${prose(spec.summary)}`, 78)),
    ...section('SYNOPSIS', [
      `${bold(`glacier-up ${spec.name}`)} [\\fIoptions\\fR]${spec.operands ? ` ${placeholder(spec.operands)}` : ''}`,
    ]),
    ...section('DESCRIPTION', [...paragraphs(spec.description), ...operandParagraph(spec)]),
    ...options(all),
    ...exitStatus(exitCodesOf(spec), {
      endsBySignal: spec.endsBySignal === true,
      several:
        spec.operands.includes('...') && spec.operandValues === undefined && spec.exitCodes.includes(5),
    }),
    ...environment(all, spec),
    ...files(all, spec.files),
    ...section('EXAMPLES', examples(spec)),
    ...section('NOTES', paragraphs([...(spec.notes ?? []), ...permissions(spec)])),
    ...section('SEE ALSO', references(['glacier-up', ...related.map((other) => `glacier-up-${other}`)])),
  ];
  return `${lines.join('\n')}\n`;
}

function operandParagraph({ operands, operandHelp }: CommandSpec): string[] {
  return operands === '' ? [] : tagged(placeholder(operands), [`${capital(operandHelp)}.`]);
}

function examples({ examples: all }: CommandSpec): string[] {
  return all.flatMap(({ command, does }, i) => [
    ...(i === 0 ? [] : ['.PP']),
    ...sentences(`${capital(does)}${/[.?]$/.test(does) ? '' : ':'}`),
    ...typed(commandLines(command, exampleColumns)),
  ]);
}

function permissions({ iamActions, options: own }: CommandSpec): string[] {
  if (iamActions.length === 0) return [];
  const extra = own
    .filter((option) => option.iamActions)
    .map(({ flags, iamActions: more = [] }) => ` With ${flags.split(' ')[0]} also ${more.join(', ')}.`);
  return [`An IAM policy must allow ${iamActions.join(', ')} for the vault.${extra.join('')}`];
}
