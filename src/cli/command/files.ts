/** The files that commands keep, as the man pages name them. `session/folders.ts` is what puts them there. */
import type { FileSpec } from './command.js';

export const sessionFiles: FileSpec = {
  path: '$XDG_STATE_HOME/glacier-up/sessions/',
  help: 'The sessions: one file for each unfinished upload, and its lock while a process has it. XDG_STATE_HOME is ~/.local/state if it is not set.',
};

export const planFiles: FileSpec = {
  path: '$XDG_STATE_HOME/glacier-up/plans/',
  help: 'Plans of work on whole vaults: a folder for each vault, with plan.json, the archives (items.jsonl), what became of them (journal.jsonl), and the report of the last run (report.jsonl).',
};

export const receiptsFile: FileSpec = {
  path: '$XDG_DATA_HOME/glacier-up/receipts.jsonl',
  help: 'The receipts: one line of JSON for each archive, only ever appended. An archive can be retrieved only by its ID: keep a copy of this file elsewhere. XDG_DATA_HOME is ~/.local/share if it is not set.',
};

export const awsFiles: readonly FileSpec[] = [
  {
    path: '~/.aws/config, ~/.aws/credentials',
    help: 'Profiles, regions and credentials, as the AWS CLI has them. They are only read.',
  },
];
