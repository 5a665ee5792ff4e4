/** The state of this machine, where `--state-dir` or the XDG variables say. */
import { stateFolders } from '../../session/folders.js';
import { type InventoryShelf, openInventoryShelf } from '../../session/inventories.js';
import { openReceiptLog, type ReceiptLog } from '../../session/receipts/receipt-log.js';
import { openSessionStore, type SessionStore } from '../../session/session-store.js';
import { openPlanShelf, type PlanShelf } from '../../whole-vault/plan-folder.js';
import type { CommandRun } from '../command/command-run.js';

export interface State {
  sessions: SessionStore;
  receipts: ReceiptLog;
}

/** Sessions and receipts. */
export async function openState(command: CommandRun): Promise<State> {
  const { context, options, reporter } = command;
  const { sessions } = stateFolders(context.env, options.stateDir);
  return {
    sessions: await openSessionStore(sessions, context.userId, (message) => reporter.note(message)),
    receipts: openReceipts(command),
  };
}

/** The receipts alone. Nothing is read or made yet. */
export function openReceipts({ context, options }: CommandRun): ReceiptLog {
  return openReceiptLog(stateFolders(context.env, options.stateDir).receipts, context.userId, context.clock);
}

/** The last inventories, beside the receipts. */
export function openInventories({ context, options }: CommandRun): InventoryShelf {
  const folder = stateFolders(context.env, options.stateDir).inventories;
  return openInventoryShelf(folder, context.userId, context.clock);
}

/** Plans of work on whole vaults. */
export function openPlans({ context, options }: CommandRun): PlanShelf {
  return openPlanShelf(stateFolders(context.env, options.stateDir).plans, context.userId);
}
