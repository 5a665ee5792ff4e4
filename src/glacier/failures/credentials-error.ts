/** No credentials could be had: what the configuration says of them is wrong, or a service that gives them refused. */
import { GlacierUpError } from '../../errors.js';
import { causeOf, untrusted } from './connection-cause.js';
import type { FailedRequest, SdkError } from './failed-request.js';

/**
 * @param thrown by the SDK's chain, before any request to Glacier
 * @param request `hasAnswered`: credentials were found before in this run
 */
export function fromCredentialsChain(
  thrown: unknown,
  request: Pick<FailedRequest, 'profile' | 'proxy' | 'hasAnswered' | 'nowMs'>,
): GlacierUpError {
  if (thrown instanceof GlacierUpError) return thrown;
  const error = (
    typeof thrown === 'object' && thrown !== null ? thrown : { message: String(thrown) }
  ) as SdkError;
  const { errno, text, known, isCertificate } = causeOf(error);
  if (error.$metadata?.httpStatusCode !== undefined) {
    return refusedByService(error, text, error.$metadata.httpStatusCode, request);
  }
  if (isCertificate && !request.hasAnswered)
    return untrusted(error, errno, 'the service that gives credentials', request.nowMs);
  if (errno === '' && error.name !== 'TimeoutError') return credentialsFailure(error, text, request);
  const way = request.proxy === undefined ? '' : `, through ${request.proxy}`;
  const message = `the credentials of ${ownerText(request)} could not be fetched${way}: ${known ? `${known.says} (${text || errno})` : text || errno}`;
  return new GlacierUpError('temporary', message, {
    cause: error,
    hint: 'check the network, and the endpoint of STS or SSO if the AWS configuration names one; then run the same command again: all progress is kept',
  });
}

/** STS, SSO or the metadata of a machine. */
function refusedByService(
  error: SdkError,
  text: string,
  httpStatus: number,
  request: Pick<FailedRequest, 'profile'>,
): GlacierUpError {
  const details = { cause: error };
  const message = `the credentials of ${ownerText(request)} could not be had: ${text} (${error.name ?? 'Unknown'})`;
  if (httpStatus >= 500 || httpStatus === 429 || /throttl|TooManyRequests/i.test(error.name ?? '')) {
    return new GlacierUpError('temporary', message, {
      ...details,
      hint: 'run the same command again: all progress is kept',
    });
  }
  if (/expired/i.test(`${error.name} ${text}`)) return credentialsFailure(error, text, request);
  return new GlacierUpError('credentials-refused', message, {
    ...details,
    hint: 'see whether the role may be assumed with the credentials of its source_profile, and that these are right ("aws sts get-caller-identity")',
  });
}

function ownerText({ profile }: Pick<FailedRequest, 'profile'>): string {
  return profile === undefined ? 'this environment' : `profile ${profile}`;
}

/** A code is asked for at a terminal by the AWS CLI, never by this program: it runs for days. */
function needsCode(error: SdkError, text: string, profile: string | undefined): GlacierUpError {
  const name = profile ?? 'default';
  return new GlacierUpError(
    'no-credentials',
    `profile ${name} needs an MFA code, which is not asked for here: ${text}`,
    {
      hint: `run eval "$(aws configure export-credentials --profile ${name} --format env)", which asks for the code, then this command again without --profile`,
      cause: error,
    },
  );
}

/** @param text of the SDK's chain, or of the one provider that a profile names */
export function credentialsFailure(
  error: SdkError,
  text: string,
  { profile }: Pick<FailedRequest, 'profile'>,
): GlacierUpError {
  if (/multi-factor authentication/.test(text)) return needsCode(error, text, profile);
  const login = `"aws sso login${profile === undefined ? '' : ` --profile ${profile}`}"`;
  if (/expired|refresh/i.test(text)) {
    const hint = `renew them (for example ${login}), then run the same command again: all progress is kept`;
    return new GlacierUpError('credentials-expired', `the credentials have expired: ${text}`, {
      hint,
      cause: error,
    });
  }
  const looked =
    profile === undefined
      ? 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, profile default of the AWS configuration, a web identity, and the roles of a container and of an EC2 instance were looked at'
      : `profile ${profile} of the AWS configuration was looked at`;
  const hint =
    profile === undefined
      ? 'configure them with "aws configure", or name a profile with --profile'
      : `is the profile spelled so in ~/.aws/config or ~/.aws/credentials ("aws configure list-profiles")? With SSO, ${login} may be due`;
  return new GlacierUpError('no-credentials', `no credentials were found: ${looked} (${text})`, {
    hint,
    cause: error,
  });
}
