/**
 * Every command, in the order of the help: its line there, and where the rest of it is. The rest is loaded when the
 * command is named, since loading all of them takes longer than Node's own start.
 */
import type { CommandHeading } from '../command.js';
import type { CommandBody, RunnableCommand } from '../command-run.js';

interface CommandEntry extends CommandHeading {
  load(): Promise<CommandBody>;
}

const entries: readonly CommandEntry[] = [
  {
    name: 'upload',
    group: 'Archiving',
    summary: 'archive files, carrying on what was interrupted',
    load: async () => (await import('./upload.js')).uploadCommand,
  },
  {
    name: 'resume',
    group: 'Archiving',
    summary: 'carry on unfinished uploads',
    load: async () => (await import('./resume.js')).resumeCommand,
  },
  {
    name: 'list-parts',
    group: 'Archiving',
    summary: 'show the parts of an upload beside the file',
    load: async () => (await import('./list-parts.js')).listPartsCommand,
  },
  {
    name: 'complete',
    group: 'Archiving',
    summary: 'finish an upload whose parts are all there',
    load: async () => (await import('./complete.js')).completeCommand,
  },
  {
    name: 'abort',
    group: 'Archiving',
    summary: 'drop unfinished uploads and their parts',
    load: async () => (await import('./abort.js')).abortCommand,
  },
  {
    name: 'reconcile',
    group: 'Archiving',
    summary: 'settle uploads whose completion is unknown, by the inventory',
    load: async () => (await import('./reconcile.js')).reconcileCommand,
  },
  {
    name: 'retrieve',
    group: 'Archiving',
    summary: 'bring an archive back into a file, proved by its tree hash',
    load: async () => (await import('./retrieve.js')).retrieveCommand,
  },
  {
    name: 'delete',
    group: 'Archiving',
    summary: 'delete archives from a vault, for good',
    load: async () => (await import('./delete.js')).deleteCommand,
  },
  {
    name: 'treehash',
    group: 'Tools',
    summary: 'print or check SHA-256 tree hashes of files',
    load: async () => (await import('./treehash.js')).treehashCommand,
  },
  {
    name: 'sessions',
    group: 'Known on this machine',
    summary: 'list the unfinished uploads known on this machine',
    load: async () => (await import('./sessions.js')).sessionsCommand,
  },
  {
    name: 'receipts',
    group: 'Known on this machine',
    summary: 'list the archives uploaded from this machine, and hold them against an inventory',
    load: async () => (await import('./receipts.js')).receiptsCommand,
  },
  {
    name: 'list-uploads',
    group: 'Vaults and archives',
    summary: 'list the open uploads of a vault, beside the sessions known here',
    load: async () => (await import('./list-uploads.js')).listUploadsCommand,
  },
  {
    name: 'vaults',
    group: 'Vaults and archives',
    summary: 'list, make or describe vaults',
    load: async () => (await import('./vaults.js')).vaultsCommand,
  },
  {
    name: 'inventory',
    group: 'Vaults and archives',
    summary: 'list the archives of a vault, from its inventory',
    load: async () => (await import('./inventory.js')).inventoryCommand,
  },
  {
    name: 'serve',
    group: 'Tools',
    summary: 'run the embedded vault as a Glacier-compatible server on this machine',
    load: async () => (await import('./serve.js')).serveCommand,
  },
  {
    name: 'completion',
    group: 'Tools',
    summary: 'print a completion script for bash, zsh or fish',
    load: async () => (await import('./completion.js')).completionCommand,
  },
];

export const commandHeadings: readonly CommandHeading[] = entries;

/** The command of that name; undefined when there is none. */
export async function loadCommand(name: string): Promise<RunnableCommand | undefined> {
  const entry = entries.find((known) => known.name === name);
  return entry && (await whole(entry));
}

export async function loadCommands(): Promise<RunnableCommand[]> {
  return await Promise.all(entries.map(whole));
}

async function whole({ load, ...heading }: CommandEntry): Promise<RunnableCommand> {
  return { ...heading, ...(await load()) };
}
