import type { CommandBody } from '../command-run.js';
import { receiptsFile, sessionFiles } from '../files.js';
import {
  forceOption,
  networkOptions,
  pipeOptions,
  sendOptions,
  shardOptions,
  uploadOptions,
  waitLockOption,
  whereOptions,
} from '../options.js';
import { pricesOption } from '../prices.js';
import { shardVariables } from '../shard-option.js';

export const uploadCommand: CommandBody = {
  operands: '<file...>',
  operandHelp: 'the files to archive; - for standard input',
  description: [
    'Archives each file as one archive and prints its archive ID. The archive is proved: every part, and the whole, by the SHA-256 tree hash that the service computed from the bytes it received.',
    'If an unfinished upload of the file into this vault exists, it is carried on, and parts that are there already are not sent again. If this very file is archived already, its ID is printed and nothing is sent. So the same command can be repeated until it exits 0.',
    'A file that changes while it is being sent is not archived.',
    'With - it archives what comes from a pipe, or, with --exec, what a command prints. Parts are kept on disk until they are stored, at most one more than are sent at a time. Run the producer again into the same command to carry an upload on: what comes is compared with what is stored, part by part, and only what is missing is sent; the first part that differs ends it, and nothing is sent over it. Whether such an archive is there already can only be seen when all of it has come: if it is, the upload is dropped and the ID of the archive printed.',
    'A producer that dies must not become an archive. With --exec the upload is completed only if the command exits 0, and a command fails if any stage of a pipeline fails. The end of a plain pipe does not tell: unless --eof-completes says that it is the end of the archive, every part is stored, "complete" finishes the upload, and the exit code is 1.',
    'When one machine is not enough, many send one archive: --begin begins an upload and prints its ID; --upload-id and --shard send the parts of one shard, each machine another; "complete --vault VAULT --upload-id ID FILE" then ends the upload on any machine. The file must be the same on all of them. A shard keeps nothing, holds no lock, and can be run again at will, in several places at once: the part list of the vault is all that the machines share. It exits 0 when all of its parts are stored, and prints nothing. If a part of it is there with other bytes, nothing is sent: most likely it is the wrong file.',
  ],
  options: [
    ...whereOptions,
    ...uploadOptions,
    ...sendOptions,
    ...pipeOptions,
    ...shardOptions,
    pricesOption,
    ...networkOptions,
    waitLockOption,
    forceOption,
  ],
  examples: [
    {
      command: 'upload backup.tar --vault photos',
      does: 'archive a file; run it again if it was interrupted',
    },
    {
      command: 'upload *.tar --vault photos --limit-rate 2M',
      does: 'archive several, at most 2 MiB a second',
    },
    { command: 'upload backup.tar --vault demo --local ./vault', does: 'try it without an account' },
    {
      command: "upload - --exec 'tar c photos' --name photos.tar --vault photos",
      does: 'archive what a command prints, without a file',
    },
    { command: 'upload backup.tar --vault photos --dry-run', does: 'show part size, parts and requests' },
    {
      command: 'upload backup.tar --vault photos --upload-id ID --shard auto',
      does: 'send the share of this task of a job array',
    },
  ],
  iamActions: [
    'glacier:InitiateMultipartUpload',
    'glacier:UploadMultipartPart',
    'glacier:ListParts',
    'glacier:CompleteMultipartUpload',
    'glacier:DescribeVault',
  ],
  exitCodes: [3, 5, 6, 7, 8, 9, 10, 11],
  seeAlso: ['resume', 'list-parts', 'complete', 'receipts', 'treehash'],
  files: [sessionFiles, receiptsFile],
  environment: shardVariables,
  notes: [
    'What a run of this command may be interrupted by, a second run mends; two runs at once do not harm each other: the second ends with 11.',
    'The session of an upload is found by the real path of the file and by its vault: account number, region, name, and endpoint where it is not of Amazon. DescribeVault tells the account, so that another profile, or the account number for "-", leads to the same session and the same receipts. Without glacier:DescribeVault they count for the same profile and --account-id only.',
    'A file whose content is in the vault already, as far as the receipts tell, is not sent, also under another name: moved, linked, copied, or rotated. Its archive ID is printed; --again uploads it once more. To find that out, a file is read when an archive of the same size has a receipt.',
    'A part is sent again as a whole: where the line breaks often, smaller parts lose less. Each part is a request that Glacier charges for.',
    'With - the permission glacier:AbortMultipartUpload is needed too, for an archive that turns out to be there already.',
    'The command of --exec runs in "bash -p -o pipefail", or else in an sh that knows pipefail; where neither exists, a command that could be a pipeline is refused. A stage that was ended by SIGPIPE because a later one stopped reading, as head does, fails the command too (status 141); if that is intended, write { STAGE || [ $? = 141 ]; } | head. The shell hides failures in "a; b", in $( ) and <( ), in the background, and inside scripts, "sh -c" and ssh.',
    'If an upload with --exec is interrupted, the command must write the same bytes again. tar --format=pax does not: it stores the access time of each file. docs/pipes.md of the source has more.',
    'A shard needs glacier:ListParts and glacier:UploadMultipartPart only, --begin glacier:InitiateMultipartUpload and glacier:DescribeVault only.',
  ],
  run: async (command, operands) => (await import('./run/upload.js')).run(command, operands),
};
