import type { CommandBody } from '../../command/command-run.js';
import { receiptsFile, sessionFiles } from '../../command/files.js';
import { resumeOptions } from './options.js';

export const resumeCommand: CommandBody<typeof resumeOptions> = {
  operands: '[operand...]',
  operandHelp: 'files, or session IDs from "sessions"',
  operandKinds: ['file', 'session'],
  description: [
    'Resumes unfinished uploads: lists the stored parts, compares them with the file, sends what is missing or different, and completes the upload. Unlike upload, it never starts a new upload, unless --on-change start-over is given and the file changed; the new upload keeps the description of the old one.',
    'With --vault, --upload-id and a file it resumes an upload that was started on another machine or by another tool. Part size and description come from the service. If a stored part differs from the file, nothing is sent: most likely it is the wrong file.',
  ],
  options: resumeOptions,
  examples: [
    { command: 'resume backup.tar', does: 'resume the upload of this file' },
    { command: 'resume --all', does: 'resume all unfinished uploads' },
    { command: 'resume --vault photos --upload-id ID backup.tar', does: 'resume an upload of another tool' },
  ],
  // Initiate only after a crash between asking for an upload and noting its ID.
  iamActions: [
    'glacier:InitiateMultipartUpload',
    'glacier:UploadMultipartPart',
    'glacier:ListParts',
    'glacier:CompleteMultipartUpload',
    'glacier:DescribeVault',
  ],
  exitCodes: [3, 4, 5, 6, 7, 8, 9, 10, 11],
  seeAlso: ['upload', 'sessions', 'list-parts', 'complete'],
  files: [sessionFiles, receiptsFile],
  notes: [
    'The service may drop an upload that got no part for 24 hours. This command then exits with 8; the upload command starts a new upload.',
  ],
  run: async (command, operands) => (await import('./run.js')).run(command, operands),
};
