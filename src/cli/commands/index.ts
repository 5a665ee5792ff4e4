/**
 * Every command, in the order of the help: its line there, and where the rest of it is. The rest is loaded when the
 * command is named, since loading all of them takes longer than Node's own start.
 */
import type { CommandHeading } from '../command/command.js';
import type { AnyCommandBody, RunnableCommand } from '../command/command-run.js';

interface CommandEntry extends CommandHeading {
  load(): Promise<AnyCommandBody>;
}

const entries: readonly CommandEntry[] = [
  {
    name: 'upload',
    group: 'Archiving',
    summary: 'upload files; resume interrupted uploads',
    load: async () => (await import('./upload/upload.js')).uploadCommand,
  },
  {
    name: 'resume',
    group: 'Archiving',
    summary: 'resume unfinished uploads',
    load: async () => (await import('./resume/resume.js')).resumeCommand,
  },
  {
    name: 'list-parts',
    group: 'Archiving',
    summary: 'compare the stored parts of an upload with the file',
    load: async () => (await import('./list-parts/list-parts.js')).listPartsCommand,
  },
  {
    name: 'complete',
    group: 'Archiving',
    summary: 'complete an upload whose parts are all stored',
    load: async () => (await import('./complete/complete.js')).completeCommand,
  },
  {
    name: 'abort',
    group: 'Archiving',
    summary: 'drop unfinished uploads and their parts',
    load: async () => (await import('./abort/abort.js')).abortCommand,
  },
  {
    name: 'reconcile',
    group: 'Archiving',
    summary: 'find out how uploads with unknown outcome ended',
    load: async () => (await import('./reconcile/reconcile.js')).reconcileCommand,
  },
  {
    name: 'retrieve',
    group: 'Archiving',
    summary: 'download an archive and check its tree hash',
    load: async () => (await import('./retrieve/retrieve.js')).retrieveCommand,
  },
  {
    name: 'delete',
    group: 'Archiving',
    summary: 'delete archives from a vault permanently',
    load: async () => (await import('./delete/delete.js')).deleteCommand,
  },
  {
    name: 'empty',
    group: 'Vaults and archives',
    summary: 'delete the archives of a vault, all or some',
    load: async () => (await import('./empty/empty.js')).emptyCommand,
  },
  {
    name: 'restore',
    group: 'Vaults and archives',
    summary: 'download the archives of a vault, all or some, by name',
    load: async () => (await import('./restore/restore.js')).restoreCommand,
  },
  {
    name: 'treehash',
    group: 'Tools',
    summary: 'print or check SHA-256 tree hashes of files',
    load: async () => (await import('./treehash/treehash.js')).treehashCommand,
  },
  {
    name: 'sessions',
    group: 'Known on this machine',
    summary: 'list the unfinished uploads and plans of this machine',
    load: async () => (await import('./sessions/sessions.js')).sessionsCommand,
  },
  {
    name: 'receipts',
    group: 'Known on this machine',
    summary: 'list uploaded archives; compare them with an inventory',
    load: async () => (await import('./receipts/receipts.js')).receiptsCommand,
  },
  {
    name: 'list-uploads',
    group: 'Vaults and archives',
    summary: 'list the open uploads of a vault and their local sessions',
    load: async () => (await import('./list-uploads/list-uploads.js')).listUploadsCommand,
  },
  {
    name: 'vaults',
    group: 'Vaults and archives',
    summary: 'list, create, describe or delete vaults',
    load: async () => (await import('./vaults/vaults.js')).vaultsCommand,
  },
  {
    name: 'inventory',
    group: 'Vaults and archives',
    summary: 'list the archives of a vault from its inventory',
    load: async () => (await import('./inventory/inventory.js')).inventoryCommand,
  },
  {
    name: 'serve',
    group: 'Tools',
    summary: 'serve the embedded vault to Glacier clients on this machine',
    load: async () => (await import('./serve/serve.js')).serveCommand,
  },
  {
    name: 'completion',
    group: 'Tools',
    summary: 'print a completion script for bash, zsh or fish',
    load: async () => (await import('./completion/completion.js')).completionCommand,
  },
];

export const commandHeadings: readonly CommandHeading[] = entries;

/** The command of that name; undefined when there is none. */
export async function loadCommand(name: string): Promise<RunnableCommand | undefined> {
  const entry = entries.find((known) => known.name === name);
  return entry && (await whole(entry));
}

/** All commands with their options and texts, loaded at once: for the completion scripts and the man pages. */
export async function loadCommands(): Promise<RunnableCommand[]> {
  return await Promise.all(entries.map(whole));
}

async function whole({ load, ...heading }: CommandEntry): Promise<RunnableCommand> {
  return { ...heading, ...(await load()) };
}
