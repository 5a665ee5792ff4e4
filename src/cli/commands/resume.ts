import type { CommandBody } from '../command-run.js';
import { receiptsFile, sessionFiles } from '../files.js';
import { networkOptions, sendOptions, uploadIdOption, waitLockOption, whereOptions } from '../options.js';

export const resumeCommand: CommandBody = {
  operands: '[operand...]',
  operandHelp: 'files, or session IDs as "sessions" prints them',
  operandKinds: ['file', 'session'],
  description: [
    'Carries on unfinished uploads: lists the parts that the service has, compares them with the file, sends what is missing or different, and completes. Unlike upload, it never begins an upload anew.',
    'With --vault, --upload-id and a file it carries on an upload that another machine or another tool began; part size and description come from the service. If a part there differs from the file, it is most likely the wrong file: nothing is sent.',
  ],
  options: [
    { flags: '--all', help: 'every unfinished upload known here' },
    ...whereOptions,
    uploadIdOption,
    ...sendOptions,
    ...networkOptions,
    waitLockOption,
  ],
  examples: [
    { command: 'resume backup.tar', does: 'carry on the upload of this file' },
    { command: 'resume --all', does: 'carry on everything that is unfinished' },
    { command: 'resume --vault photos --upload-id ID backup.tar', does: 'carry on what another tool began' },
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
    'An upload that got no part for 24 hours may be gone. This command then ends with 8; the upload command begins it anew.',
  ],
  run: async (command, operands) => (await import('./run/resume.js')).run(command, operands),
};
