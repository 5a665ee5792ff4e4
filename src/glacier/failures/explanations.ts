/**
 * What each of the service's answers means and what to do about it. The codes are those of the API page "Error
 * Responses", and S3's, which an endpoint set by mistake answers with; the texts are those that the service is known
 * to send.
 */
import type { ErrorCode } from '../../errors.js';
import { type Hint, hint, step, stepAtAccount, stepAtVault } from '../../hint.js';
import { accountInText, type FailedRequest, placeText, resourceArn } from './failed-request.js';

/** One answer of the service, with the request that it answers. */
export interface Answer {
  request: FailedRequest;
  /** In the service's words. */
  text: string;
}

export interface Explanation {
  code: ErrorCode;
  /** The thing and the cause, in our words; the service's follow. */
  says(answer: Answer): string;
  /** What to do next. */
  hint(answer: Answer): string | Hint;
}

const again = 'all progress is kept: run the same command again';
const reportIt = 'run it again with --debug and report what it prints; everything sent so far is kept';

function explanation(code: ErrorCode, says: string, next: string | Hint): Explanation {
  return { code, says: () => says, hint: () => next };
}

const refusedAction: Explanation = {
  code: 'access-denied',
  says: ({ request, text }) => {
    const account = /^Access denied for account ID: (\d+)/.exec(text)?.[1];
    return account === undefined
      ? `not allowed: ${actionIn(text, request)} on ${resourceIn(text, request)}`
      : `the credentials do not belong to account ${account}`;
  },
  hint: ({ request, text }) =>
    text.startsWith('Access denied for account ID')
      ? 'leave --account-id out, or give the --profile of that account'
      : `allow ${actionIn(text, request)} in the IAM policy of ${ownerText(request)}, and see that no policy or lock of the vault denies it; a vault that you may not see is refused like this too: check --vault, --region and --account-id`,
};

function ownerText({ profile }: FailedRequest): string {
  return profile === undefined ? 'these credentials' : `profile ${profile}`;
}

/** The usual text names them: `User: … is not authorized to perform: glacier:X on resource: arn:…`. */
function actionIn(text: string, { operation }: FailedRequest): string {
  return /perform: (glacier:\w+)/.exec(text)?.[1] ?? `glacier:${operation}`;
}

function resourceIn(text: string, request: FailedRequest): string {
  return /on resource: (arn:[^\s]+)/.exec(text)?.[1] ?? resourceArn(request);
}

const expired: Explanation = {
  code: 'credentials-expired',
  says: ({ request }) => `the session token of ${ownerText(request)} has expired`,
  hint: ({ request: { profile } }) =>
    `renew it (for example "aws sso login${profile === undefined ? '' : ` --profile ${profile}`}"), then run the same command again: all progress is kept`,
};

const wrongSignature = explanation(
  'signature-refused',
  'the signature is not the one that the service computes',
  'check the secret access key, which must belong to the access key ID; a proxy that changes requests does this too',
);

const unknownKey: Explanation = {
  code: 'credentials-refused',
  says: ({ request, text }) =>
    text.startsWith('No account found')
      ? `AWS knows no account ${request.accountId}`
      : `AWS does not know the access key of ${ownerText(request)}`,
  hint: ({ text }) =>
    text.startsWith('No account found')
      ? 'give --account-id 12 digits, or leave it out for the account of the credentials'
      : 'was the key deleted or made inactive, is AWS_SESSION_TOKEN of another key, or is the region one that the account has not enabled? "aws sts get-caller-identity" tells',
};

const throttled = explanation('throttled', 'too many requests', `give a lower --concurrency; ${again}`);

export const tooSlow = explanation(
  'request-timeout',
  'the part arrived too slowly',
  `give a lower --concurrency, or a new upload a smaller --part-size; ${again}`,
);

const overloaded = explanation('temporary', 'the service cannot answer at the moment', again);

const malformed = explanation('request-invalid', 'the service found the request wrong', reportIt);

/** By the service's own code. What is not here is judged by its HTTP status. */
export const byCode: Readonly<Record<string, Explanation>> = {
  AccessDeniedException: refusedAction,
  BadRequest: explanation(
    'request-invalid',
    'the service cannot process the request',
    'check --account-id and --endpoint-url: this is its answer to paths that it does not know',
  ),
  ExpiredTokenException: expired,
  InsufficientCapacityException: explanation(
    'temporary',
    'there is no capacity for expedited retrievals at the moment',
    'run the same command again later, or with the tier Standard, which always has room',
  ),
  InvalidParameterValueException: malformed,
  InvalidSignatureException: wrongSignature,
  LimitExceededException: explanation(
    'limit-exceeded',
    'a limit of the account is reached',
    'an account has at most 1,000 vaults a region, and 50 tags a vault; use one that is there, or ask AWS for more',
  ),
  MissingAuthenticationTokenException: explanation(
    'no-credentials',
    'the request arrived without its signature',
    'a proxy may drop the Authorization header: check HTTPS_PROXY and --endpoint-url',
  ),
  MissingParameterValueException: explanation(
    'request-invalid',
    'something that this program sends did not arrive',
    `a proxy may drop headers: check HTTPS_PROXY and --endpoint-url; else ${reportIt}`,
  ),
  NoLongerSupportedException: explanation(
    'account-closed',
    'AWS has closed vaults to this account: since 15 December 2025 they are only for accounts that have Glacier storage',
    'check that --profile, --account-id and --region are those of an account with archives; a new one has to use the S3 Glacier storage classes; --local DIR rehearses without an account',
  ),
  PolicyEnforcedException: explanation(
    'access-denied',
    "the account's data retrieval policy does not allow this much retrieval now",
    'try again later, or ask who keeps the policy ("aws glacier get-data-retrieval-policy --account-id -" shows it)',
  ),
  RequestTimeoutException: tooSlow,
  ResourceNotFoundException: {
    code: 'vault-gone',
    says: ({ request, text }) =>
      `vault ${request.vaultName} was not found in ${placeText(request, accountInText(text))}`,
    hint: ({ request, text }) =>
      /^Vault not found for ARN: arn:/.test(text)
        ? hint`is it in another region (--region) or account (--profile, --account-id), or spelled otherwise? ${stepAtAccount('vaults', request.region)} lists those there; capitals count`
        : 'check the spelling of --vault: this is how the service answers to names that no vault can have',
  },
  SerializationException: explanation(
    'request-invalid',
    'the service could not read the request',
    `a proxy may change bodies: check HTTPS_PROXY and --endpoint-url; else ${reportIt}`,
  ),
  ServiceUnavailableException: overloaded,
  ThrottlingException: throttled,
  UnrecognizedClientException: unknownKey,
  // Of AWS's front ends.
  InternalFailure: overloaded,
  InternalServerError: overloaded,
  Throttling: throttled,
  TooManyRequestsException: throttled,
  InvalidClientTokenId: unknownKey,
  RequestTimeout: tooSlow,
  // S3's.
  AccessDenied: refusedAction,
  ExpiredToken: expired,
  InvalidAccessKeyId: unknownKey,
  SignatureDoesNotMatch: wrongSignature,
  SlowDown: throttled,
};

/** Texts that tell more than their code: the first that begins like the answer's counts. */
export const byText: readonly [RegExp, Explanation][] = [
  [
    /^The upload ID was not found/,
    explanation(
      'upload-gone',
      'the upload is not open any more',
      hint`it was completed or aborted, or no part was sent for 24 hours, or it belongs to another vault or region; ${stepAtVault('list-uploads')} shows the open ones`,
    ),
  ],
  [
    /^The archive ID was not found/,
    explanation(
      'archive-gone',
      'the vault has no such archive',
      hint`check the archive ID and --vault; ${stepAtVault('inventory')} lists what a vault has`,
    ),
  ],
  [
    /^The job ID was not found/,
    explanation(
      'job-gone',
      'the job is no more',
      "a job's output can be read for about a day: run the same command again, which starts another job",
    ),
  ],
  [
    /^Inventory retrieval jobs for vault/,
    {
      code: 'job-pending',
      says: ({ request }) => `vault ${request.vaultName} has no inventory yet`,
      hint: () =>
        'Glacier takes the first one about a day after the first archive: run the same command again then',
    },
  ],
  [
    /^The job is not currently available/,
    explanation('job-pending', 'the job is not done yet', 'run the same command again in an hour or so'),
  ],
  [
    /^Vault not empty or recently written to/,
    {
      code: 'vault-not-empty',
      says: ({ request }) => `vault ${request.vaultName} cannot be deleted`,
      hint: () => 'its last inventory must show no archive, and nothing be written since: try again in a day',
    },
  ],
  [
    /^Invalid vault name(: arn:|$)/,
    explanation('archive-gone', 'the archive is not in this vault', 'check --vault and the archive ID'),
  ],
  [
    /^Checksum mismatch/,
    explanation(
      'hash-mismatch',
      'the service received other bytes than were sent',
      "if it happens again, something on the way changes them: a proxy, the network card, this machine's memory",
    ),
  ],
  [
    /^The value passed in as x-amz-content-sha256/,
    explanation(
      'hash-mismatch',
      'the service received other bytes than were signed',
      "if it happens again, something on the way changes them: a proxy, the network card, this machine's memory",
    ),
  ],
  [
    /^Invalid x-amz-sha256-tree-hash/,
    explanation(
      'request-invalid',
      'the stored parts do not make up an archive of this tree hash',
      hint`${step('list-parts')} shows which of them differ from the file`,
    ),
  ],
  [
    /^Invalid part size/,
    explanation(
      'request-invalid',
      'the service does not take this part size',
      'give --part-size a power of two from 1M to 4G, or leave it out',
    ),
  ],
  [
    /^This is part number \d+ .* exceeds the limit/,
    explanation(
      'request-invalid',
      'the upload would have more than 10,000 parts',
      'start a new upload with a larger --part-size',
    ),
  ],
  [
    /^Invalid Content-(Range|Length)|^Content-Range: .* is incompatible with Content-Length/,
    explanation(
      'request-invalid',
      'the part did not arrive as it was sent: its range and its length do not agree',
      `a proxy may change requests: check HTTPS_PROXY and --endpoint-url; else ${reportIt}`,
    ),
  ],
];

/** Whoever sends Glacier's requests to S3 has the endpoint wrong. */
export function ofS3(
  httpStatus: number,
  { endpointUrl, region }: FailedRequest,
): { says: string; hint: string } {
  return {
    says: `${endpointUrl ?? 'the endpoint'} answers as Amazon S3 does (HTTP ${httpStatus}), which knows no vaults`,
    hint: `leave --endpoint-url out, or make it https://glacier.${region ?? 'REGION'}.amazonaws.com; AWS_ENDPOINT_URL_GLACIER, AWS_ENDPOINT_URL and the AWS configuration file may set it too`,
  };
}
