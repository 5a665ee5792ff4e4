/** The service's errors: one entry a code, and the texts that clients match. */

interface ErrorKind {
  readonly status: number;
  readonly type: 'Client' | 'Server';
  /** Answered by the layer before the service proper, which writes the keys in another order (seen). */
  readonly fromFront?: true;
  /** The text when nothing more exact is known. */
  readonly text: string;
}

const kinds = {
  AccessDeniedException: { status: 403, type: 'Client', fromFront: true, text: 'Access denied' },
  BadRequest: { status: 400, type: 'Client', text: 'The request could not be processed.' },
  ExpiredTokenException: {
    status: 403,
    type: 'Client',
    fromFront: true,
    text: 'The security token included in the request is expired',
  },
  InsufficientCapacityException: {
    status: 503, // The guide's number; the model says 400.
    type: 'Server',
    text: 'There is insufficient capacity to process this expedited request.',
  },
  InvalidParameterValueException: { status: 400, type: 'Client', text: 'Invalid parameter value' },
  InvalidSignatureException: {
    status: 403,
    type: 'Client',
    fromFront: true,
    text:
      'The request signature we calculated does not match the signature you provided. ' +
      'Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
  },
  LimitExceededException: { status: 400, type: 'Client', text: 'The account limit has been exceeded.' },
  MissingAuthenticationTokenException: {
    status: 400,
    type: 'Client',
    fromFront: true,
    text: 'Missing Authentication Token',
  },
  MissingParameterValueException: { status: 400, type: 'Client', text: 'Required parameter missing' },
  NoLongerSupportedException: {
    status: 400,
    type: 'Client',
    text:
      'This API is no longer supported for new accounts. ' +
      'Please use Amazon S3 Glacier storage classes instead.',
  },
  PolicyEnforcedException: {
    status: 400,
    type: 'Client',
    text: 'InitiateJob request denied by current data retrieval policy.',
  },
  RequestTimeoutException: { status: 408, type: 'Client', text: 'Request timed out.' },
  ResourceNotFoundException: { status: 404, type: 'Client', text: 'Not found' },
  SerializationException: { status: 400, type: 'Client', text: 'The request body could not be read.' },
  ServiceUnavailableException: {
    status: 500,
    type: 'Server',
    text: 'The service cannot complete the request.',
  },
  ThrottlingException: { status: 400, type: 'Client', text: 'Rate exceeded' },
  UnrecognizedClientException: {
    status: 400,
    type: 'Client',
    fromFront: true,
    text: 'The security token included in the request is invalid.',
  },
} as const satisfies Record<string, ErrorKind>;

export type ServiceErrorCode = keyof typeof kinds;

export const serviceErrorCodes = Object.keys(kinds) as ServiceErrorCode[];

/** An error that the service itself would answer with. */
export class ServiceError extends Error {
  readonly code: ServiceErrorCode;

  constructor(code: ServiceErrorCode, message?: string, options?: ErrorOptions) {
    super(message ?? kinds[code].text, options);
    this.code = code;
  }

  get status(): number {
    return kinds[this.code].status;
  }

  /** The error's body, compact, with the keys in the order of the layer that answers. */
  toJson(): string {
    const kind: ErrorKind = kinds[this.code];
    const { code, message } = this;
    return JSON.stringify(
      kind.fromFront ? { message, code, type: kind.type } : { code, message, type: kind.type },
    );
  }
}

/** 400: a parameter, header or body is wrong. */
export const invalid = (message: string): ServiceError =>
  new ServiceError('InvalidParameterValueException', message);

/** 400: a parameter that is required is not there. */
export const missing = (parameter: string): ServiceError =>
  new ServiceError('MissingParameterValueException', `Required parameter missing: ${parameter}`);

const notFound = (message: string): ServiceError => new ServiceError('ResourceNotFoundException', message);

/** The text holds an ARN, or the bare name when the name is not a legal one (seen). */
export const vaultNotFound = (arnOrName: string): ServiceError =>
  notFound(`Vault not found for ARN: ${arnOrName}`);

/** 404, also for an upload that is completed or aborted. */
export const uploadNotFound = (uploadId: string): ServiceError =>
  notFound(`The upload ID was not found: ${uploadId}`);

/** 404, also for an archive that is deleted. */
export const archiveNotFound = (archiveId: string): ServiceError =>
  notFound(`The archive ID was not found: ${archiveId}`);

/** For an archive of another vault; the ARN is that of the vault that was named (seen for DeleteArchive). */
export const notOfVault = (vaultArn: string): ServiceError => invalid(`Invalid vault name: ${vaultArn}`);

/** 404, also for a job whose output has expired. */
export const jobNotFound = (jobId: string): ServiceError => notFound(`The job ID was not found: ${jobId}`);

/** InitiateJob for the inventory of a vault that has not been taken stock of yet (seen). */
export const noInventoryYet = (vaultArn: string): ServiceError =>
  notFound(
    `Inventory retrieval jobs for vault ${vaultArn} cannot be initiated yet, ` +
      'as Amazon Glacier has not yet generated an initial inventory for this vault.',
  );

/** Work that failed for a reason of our own: a full disk, a broken one. The client may try again. */
export const unavailable = (cause?: unknown): ServiceError =>
  new ServiceError('ServiceUnavailableException', undefined, { cause });
