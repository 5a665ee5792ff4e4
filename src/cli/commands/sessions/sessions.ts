import type { CommandBody } from '../../command/command-run.js';
import { planFiles, sessionFiles } from '../../command/files.js';

export const sessionsCommand: CommandBody = {
  operands: '',
  operandHelp: '',
  description: [
    'Lists the uploads that were started or resumed on this machine and are not completed: session ID, vault, phase, time since the service last confirmed something, file. It sends no request; use list-parts to ask the service.',
    'It also lists unfinished plans for whole vaults: to resume one, run the command that started it again.',
  ],
  options: [],
  examples: [
    { command: 'sessions', does: 'list them; resume, list-parts, complete and abort take their IDs' },
  ],
  iamActions: [],
  exitCodes: [9],
  seeAlso: ['resume', 'list-parts', 'list-uploads', 'receipts', 'empty'],
  files: [sessionFiles, planFiles],
  notes: [
    'Uploads that were started on another machine or by another tool are not listed here; list-uploads shows them.',
  ],
  run: async (command) => (await import('./run.js')).run(command),
};
