import type { TransferRequest } from '../../../transfer/transfer-request.js';
import { requestOptions } from '../../operands/run-transfer.js';
import type { UploadRun } from './options.js';

/** The part of a request that the options of `upload` give. */
export function uploadRequest(command: UploadRun): Omit<TransferRequest, 'file' | 'mode'> {
  const { partSize, description, startOver, again, force } = command.options;
  return {
    ...requestOptions(command),
    ...(partSize === undefined ? {} : { partSizeBytes: partSize }),
    ...(description === undefined ? {} : { description }),
    startOver: startOver === true,
    again: again === true,
    force: force === true,
  };
}
