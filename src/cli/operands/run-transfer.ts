/** What `upload` and `resume` do with each file: the transfer, and its result however it ends. */
import { counted } from '../../counted.js';
import type { Receipt } from '../../session/receipts/receipt.js';
import { UnsavedReceiptError } from '../../transfer/lifecycle/settle.js';
import { transfer } from '../../transfer/transfer.js';
import type { Archived, TransferRequest } from '../../transfer/transfer-request.js';
import type { UploadDeps } from '../../transfer/upload-deps.js';
import type { CommandRun } from '../command/command-run.js';
import type { onChangeOption, sendOptions, uploadIdOption } from '../options/shared-options.js';
import { printArchive } from '../output/archive-lines.js';
import type { Reporter } from '../output/reporter.js';
import { sizeText } from '../output/units.js';
import { visibleLine } from '../output/visible.js';
import type { Outcome } from './summary.js';

/**
 * Transfers one file and prints its archive ID, also when the receipt could not be saved.
 * @param print where results wait for their turn; without it they are written at once
 */
export function archiveOne(
  { reporter }: CommandRun,
  deps: UploadDeps,
  request: TransferRequest,
  { withName, print, count }: { withName: boolean; print?: Print; count?: (sizeBytes: number) => void },
): Promise<Outcome> {
  return printOutcome(reporter, () => transfer(deps, request), {
    name: request.file,
    file: request.file,
    withName,
    ...(print ? { print } : {}),
    ...(count ? { count } : {}),
  });
}

type Print = (write: () => void) => void;

/**
 * Prints what comes of a transfer.
 * @param shown `name` for messages, `file` for the result
 */
export async function printOutcome(
  reporter: Reporter,
  archive: () => Promise<Archived>,
  {
    name,
    file,
    withName,
    print = (write) => write(),
    count = () => {},
  }: {
    name: string;
    file: string | null;
    withName: boolean;
    print?: Print;
    count?: (sizeBytes: number) => void;
  },
): Promise<Outcome> {
  const printed = (receipt: Receipt): void => print(() => printArchive(reporter, receipt, file, withName));
  try {
    const { receipt, isNew } = await archive();
    const { sizeBytes, parts } = receipt;
    reporter.note(
      isNew
        ? `${visibleLine(name)}: archived, ${sizeText(sizeBytes)}, tree hash ${receipt.treeHash} ` +
            (parts ? `(${parts.sent} of ${counted(parts.total, 'part')} sent)` : '')
        : `${visibleLine(name)}: archived already, on ${receipt.completedAt}`,
    );
    printed(receipt);
    if (isNew) count(sizeBytes);
    return isNew ? 'archived' : 'archivedAlready';
  } catch (error) {
    if (error instanceof UnsavedReceiptError) printed(error.receipt);
    throw error;
  }
}

/** The part of a request that the options of every command give that sends parts. */
export function requestOptions({
  options,
}: CommandRun<readonly [...typeof sendOptions, typeof onChangeOption, typeof uploadIdOption]>): Omit<
  TransferRequest,
  'file' | 'mode'
> {
  const { uploadId, verify, onChange, replaceParts } = options;
  return {
    ...(uploadId === undefined ? {} : { uploadId }),
    verify: verify === true,
    ...(onChange === undefined ? {} : { onChange }),
    replaceParts: replaceParts === true,
  };
}
