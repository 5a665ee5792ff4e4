import type { CommandBody } from '../../command/command-run.js';
import { receiptsFile, sessionFiles } from '../../command/files.js';
import { uploadCommandOptions } from './options.js';
import { shardVariables } from './shard-option.js';

export const uploadCommand: CommandBody<typeof uploadCommandOptions> = {
  operands: '[file...]',
  operandHelp: 'files to upload; - for standard input; folders with --recursive',
  description: [
    'Uploads each file as one archive and prints its archive ID. Every part and the whole archive are checked with the SHA-256 tree hash that the service computes from the bytes it received.',
    'If there is an unfinished upload of the file to this vault, it is resumed: stored parts are not sent again. If the file is archived already, its ID is printed and nothing is sent. So you can repeat the same command until it exits 0.',
    'A file that changes while it is sent is not archived.',
    'With - it uploads the input of a pipe, or with --exec the output of a command. Parts are kept on disk until they are stored; at most one part more than are sent at a time. To resume, run the producer again into the same command: the input is compared with the stored parts, and only missing parts are sent. The first part that differs ends the run, and stored parts are not overwritten. Whether the content is archived already is known only at the end of the input: if it is, the new upload is dropped and the ID of the archive is printed.',
    'If the producer fails, no archive is created. With --exec the upload is completed only if the command exits 0, and a command fails if any stage of a pipeline fails. The end of a plain pipe does not show whether its writer succeeded: unless --eof-completes is given, all parts are stored, the exit code is 1, and "complete" finishes the upload.',
    'Several machines can send one archive: --begin starts an upload and prints its ID; each machine sends one shard of the parts with --upload-id and --shard; then "complete --vault VAULT --upload-id ID FILE" completes the upload on any machine. The file must be the same on all of them. A shard keeps no state and no lock, and can be run again at any time, also in several places at once: the machines share only the part list of the vault. It exits 0 when all of its parts are stored, and prints nothing. If one of its parts is stored with other bytes, nothing is sent: most likely it is the wrong file.',
  ],
  options: uploadCommandOptions,
  examples: [
    {
      command: 'upload backup.tar --vault photos',
      does: 'upload a file; run it again if it was interrupted',
    },
    {
      command: 'upload --recursive photos --vault photos',
      does: 'upload every file below a folder',
    },
    { command: 'upload backup.tar --vault demo --local ./vault', does: 'try it without an account' },
    {
      command: "upload - --exec 'tar c photos' --name photos.tar --vault photos",
      does: 'upload the output of a command',
    },
    { command: 'upload backup.tar --vault photos --dry-run', does: 'show part size, parts and requests' },
    {
      command: 'upload backup.tar --vault photos --upload-id ID --shard auto',
      does: 'send the shard of this task of a job array',
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
    'After any interruption, run the same command again. Two runs at the same time do no harm: the second one exits with 11.',
    'The session of an upload is found by the real path of the file and by its vault: account number, region, name, and endpoint where it is not of Amazon. DescribeVault tells the account, so that another profile, or the account number for "-", leads to the same session and the same receipts. Without glacier:DescribeVault they count for the same profile and --account-id only.',
    'With several files, small ones are under way at the same time (see --concurrency), and results are printed in the order of the files, each after its receipt is on disk. Files with the same content make one archive. One that is named twice, or has hard links, waits for the other.',
    'A file whose content is in the vault already, as far as the receipts tell, is not sent, also under another name: moved, linked, copied, or rotated. Its archive ID is printed; --again uploads it once more. To find that out, a file is read when an archive of the same size has a receipt.',
    'A part is sent again as a whole: where the line breaks often, smaller parts lose less. Each part is a request that Glacier charges for.',
    'With - the permission glacier:AbortMultipartUpload is needed too, for an archive that turns out to be there already.',
    'The command of --exec runs in "bash -p -o pipefail", or else in an sh that knows pipefail; where neither exists, a command that could be a pipeline is refused. A stage that was ended by SIGPIPE because a later one stopped reading, as head does, fails the command too (status 141); if that is intended, write { STAGE || [ $? = 141 ]; } | head. The shell hides failures in "a; b", in $( ) and <( ), in the background, and inside scripts, "sh -c" and ssh.',
    'If an upload with --exec is interrupted, the command must write the same bytes again. tar --format=pax does not: it stores the access time of each file. docs/pipes.md of the source has more.',
    'A name that is not UTF-8 can be given by --files-from or --recursive. Wherever the name is shown or stored, each byte that is not UTF-8 is written as \\udcXX, for example \\udce9 for the byte E9, as Python does ("surrogateescape"). The description is then {"Path":"..."} with the same escapes.',
    'A shard needs glacier:ListParts and glacier:UploadMultipartPart only, --begin glacier:InitiateMultipartUpload and glacier:DescribeVault only.',
  ],
  run: async (command, operands) => (await import('./run.js')).run(command, operands),
};
