/** `glacier-up.1`: what all commands have in common, and the way to them. */
import { type CommandSpec, commandGroups } from '../../src/cli/command/command.js';
import { receiptsFile, sessionFiles } from '../../src/cli/command/files.js';
import { capital } from '../../src/cli/help/command-help.js';
import { exitCodeHelp } from '../../src/cli/help/exit-codes.js';
import { generalOptions } from '../../src/cli/options/general-options.js';
import { whereOptions } from '../../src/cli/options/shared-options.js';
import { bold, paragraphs, references, section, sentences, tagged, typed } from './roff.js';
import { environment, exitStatus, files, heading, options } from './sections.js';

const description = [
  'Archives files into the vaults of Amazon Glacier, the vault service of 2012, and leaves no doubt about the outcome. Run the same command until it exits 0: then the file is in the vault exactly once, its SHA-256 tree hash proved, its archive ID on standard output and in the receipts.',
  'An upload that was interrupted is resumed by the same command: stored parts are not sent again. A session remembers the unfinished upload, a receipt the archive.',
  'A Glacier-compatible vault is built in: --local keeps one in a folder for the length of a command, and the serve command serves it to any Glacier client on this machine. Everything can be tried and rehearsed with it, without an account.',
];

const examples: [string, string[]][] = [
  ['Archive a file. Interrupted? The same again:', ['glacier-up upload backup.tar --vault photos']],
  [
    'The same from cron: nothing is said unless it fails, and what is temporary is left to the next run:',
    ['glacier-up upload /backups/*.tar --vault photos --quiet || [ $? = 5 ]'],
  ],
  ['What is in the vault of an upload, and what is missing:', ['glacier-up list-parts backup.tar']],
  ['Are the files that were archived still what they were?', ['glacier-up treehash --receipts']],
];

const notes = [
  'Results go to standard output, everything else to standard error. With --json both are JSON Lines whose fields are only ever added.',
  'Glacier charges for each request, and for 90 days at least of each archive; an archive takes 32 KiB more than its bytes, so that many small files are best put into one. Take larger parts for fewer requests.',
  'An upload that gets no part for 24 hours may be dropped by the service. The upload command then starts a new one.',
  'Names and IDs that begin with a hyphen: write --option=VALUE, and operands after a lone "--".',
];

export function programPage(specs: readonly CommandSpec[], page: { version: string; date: string }): string {
  const everyFile = [sessionFiles, receiptsFile];
  const lines = [
    ...heading('glacier-up', page.version, page.date),
    ...section('NAME', ['glacier\\-up \\- upload archives into Amazon Glacier vaults']),
    ...section('SYNOPSIS', [`${bold('glacier-up')} \\fIcommand\\fR [\\fIoptions\\fR] [\\fIoperands\\fR]`]),
    ...section('DESCRIPTION', [...paragraphs(description), ...commandList(specs)]),
    ...options([...generalOptions]),
    ...tagged(`${bold('-V')}, ${bold('--version')}`, ['Print the version. It goes without a command.']),
    ...exitStatus(Object.keys(exitCodeHelp).map(Number), { endsBySignal: false, several: true }),
    ...environment([...whereOptions, ...generalOptions], { files: everyFile }),
    ...files(whereOptions, everyFile),
    ...section('EXAMPLES', exampleLines()),
    ...section('NOTES', paragraphs(notes)),
    ...section('SEE ALSO', references(specs.map(({ name }) => `glacier-up-${name}`))),
  ];
  return `${lines.join('\n')}\n`;
}

function commandList(specs: readonly CommandSpec[]): string[] {
  return commandGroups.flatMap((group) => {
    const members = specs.filter((spec) => spec.group === group);
    if (members.length === 0) return [];
    return [
      `.SS ${group}`,
      ...members.flatMap(({ name, summary }) => tagged(bold(name), [`${capital(summary)}.`])),
    ];
  });
}

function exampleLines(): string[] {
  return examples.flatMap(([does, lines], i) => [
    ...(i === 0 ? [] : ['.PP']),
    ...sentences(does),
    ...typed(lines),
  ]);
}
