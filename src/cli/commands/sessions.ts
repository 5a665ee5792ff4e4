import type { CommandBody } from '../command-run.js';
import { sessionFiles } from '../files.js';

export const sessionsCommand: CommandBody = {
  operands: '',
  operandHelp: '',
  description: [
    'Lists the uploads that this machine began or carried on and that are not completed: session ID, vault, phase, time since the service last confirmed something, file. It asks no service; list-parts does.',
  ],
  options: [],
  examples: [
    { command: 'sessions', does: 'list them; their IDs are operands of resume, list-parts, complete, abort' },
  ],
  iamActions: [],
  exitCodes: [9],
  seeAlso: ['resume', 'list-parts', 'list-uploads', 'receipts'],
  files: [sessionFiles],
  notes: ['An upload that another machine or another tool began is not listed: list-uploads shows it.'],
  run: async (command) => (await import('./run/sessions.js')).run(command),
};
