/** The state of this machine, where `--state-dir` or the XDG variables say. */
import { stateFolders } from '../session/folders.js';
import { type InventoryShelf, openInventoryShelf } from '../session/inventories.js';
import { openReceiptBook, type ReceiptBook } from '../session/receipts.js';
import { openSessionStore, type SessionStore } from '../session/session-store.js';
import type { CommandRun } from './command-run.js';

export interface State {
  sessions: SessionStore;
  receipts: ReceiptBook;
}

/** Sessions and receipts. */
export async function openState({ context, options, reporter }: CommandRun): Promise<State> {
  const folders = stateFolders(context.env, options.stateDir);
  return {
    sessions: await openSessionStore(folders.sessions, context.userId, (message) => reporter.note(message)),
    receipts: openReceiptBook(folders.receipts, context.userId),
  };
}

/** The last inventories, beside the receipts. */
export function openInventories({ context, options }: CommandRun): InventoryShelf {
  return openInventoryShelf(stateFolders(context.env, options.stateDir).inventories, context.userId);
}
