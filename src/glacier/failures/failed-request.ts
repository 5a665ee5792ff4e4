/** What is known of a request that failed, for telling it: the thing, and where it was looked for. */

export interface FailedRequest {
  /** For example `UploadMultipartPart`. */
  operation: string;
  /** Empty when the request is about the account. */
  vaultName: string;
  /** As given: `-` for the account of the credentials. */
  accountId: string;
  /** This machine's time, ms since 1970. */
  nowMs: number;
  region?: string;
  profile?: string;
  endpointUrl?: string;
  /** Through which it went, in words. */
  proxy?: string;
  /** The endpoint has answered an earlier request of this run: its certificate was trusted then. */
  hasAnswered?: boolean;
}

/** The fields of an SDK error that are read here; everything is optional because anything can be thrown. */
export interface SdkError {
  name?: string;
  message?: string;
  code?: string;
  cause?: unknown;
  $metadata?: { httpStatusCode?: number; requestId?: string; clockSkewCorrected?: boolean };
  $response?: { statusCode?: number; headers?: Record<string, string> };
}

/** `region eu-west-1, the account of profile work`, as precisely as it is known. */
export function placeText(request: FailedRequest, accountNumber?: string): string {
  const { accountId, region, profile, endpointUrl } = request;
  const owner = profile === undefined ? 'the credentials' : `profile ${profile}`;
  const number = accountNumber ?? (accountId === '-' ? undefined : accountId);
  const account =
    number === undefined
      ? `the account of ${owner}`
      : `account ${number}${accountId === '-' ? `, that of ${owner}` : ''}`;
  return [
    `region ${region ?? 'of the profile'}`,
    account,
    ...(endpointUrl ? [`at ${endpointUrl}`] : []),
  ].join(', ');
}

/** `arn:aws:glacier:eu-west-1:111122223333:vaults/photos`; an account or region that is not known is `*`. */
export function resourceArn({ operation, region, accountId, vaultName }: FailedRequest): string {
  // It has no resource of its own (API permissions reference).
  if (operation === 'ListVaults') return '*';
  const account = accountId === '-' ? '*' : accountId;
  return `arn:aws:glacier:${region ?? '*'}:${account}:vaults/${vaultName}`;
}

/** The account's number in an ARN that the service names. */
export function accountInText(text: string): string | undefined {
  return /arn:aws[a-z-]*:glacier:[^:]*:(\d{12}):/.exec(text)?.[1];
}
