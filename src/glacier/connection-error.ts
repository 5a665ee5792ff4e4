/** No answer came: the network, the credentials chain or the client's own checks failed. */
import { errnoOf, GlacierUpError } from '../errors.js';
import { type FailedRequest, placeText, type SdkError } from './failed-request.js';
import { isCertificateFault, isNotTls, isTlsFault, withoutOpensslPlaces } from './tls-fault.js';

interface Cause {
  says: string;
  hint: string;
}

/** The errno of a connection that failed → the cause in words, and what to do. */
const causes: Readonly<Record<string, Cause>> = {
  ENOTFOUND: {
    says: 'no such host is known',
    hint: 'check --region and --endpoint-url for slips, and that this machine is online',
  },
  EAI_AGAIN: { says: 'the name server does not answer', hint: 'check that this machine is online' },
  ECONNREFUSED: {
    says: 'nothing listens there',
    hint: 'check host and port of the endpoint; a firewall may refuse too',
  },
  ECONNRESET: { says: 'the connection was cut', hint: 'check the network' },
  EPIPE: { says: 'the connection was cut', hint: 'check the network' },
  ETIMEDOUT: { says: 'no connection came about in time', hint: 'check the network and firewalls' },
  EHOSTUNREACH: { says: 'the host cannot be reached', hint: 'check the network' },
  ENETUNREACH: { says: 'there is no network to it', hint: 'check that this machine is online' },
};

export function fromLocalFailure(error: SdkError, request: FailedRequest): GlacierUpError {
  const { operation, endpointUrl, region } = request;
  const text = withoutOpensslPlaces(error.message ?? String(error));
  const errno = error.code ?? errnoOf(error.cause) ?? '';
  if (error.name === 'CredentialsProviderError' || error.name === 'TokenProviderError') {
    return credentialsFailure(error, text, request);
  }
  if (/^Region is missing/.test(text)) {
    const hint = 'give --region, or set AWS_REGION or AWS_DEFAULT_REGION, or a region in the profile';
    const looked = `AWS_REGION, AWS_DEFAULT_REGION, and profile ${request.profile ?? 'default'} of the AWS configuration were looked at`;
    return new GlacierUpError('no-region', `no region is known: ${looked}`, { hint, cause: error });
  }
  if (isCertificateFault(errno) && !request.hasAnswered) {
    return untrusted(error, errno, endpointUrl ?? `glacier.${region ?? ''}.amazonaws.com`);
  }
  if (errno === '' && error.name !== 'TimeoutError') {
    return new GlacierUpError('internal', `${operation}: ${text}`, { cause: error });
  }
  const known = causes[errno] ?? tlsCause(errno, text);
  const way = request.proxy === undefined ? '' : `, through ${request.proxy}`;
  const message = `${operation}: no answer from ${placeText(request)}${way}: ${known ? `${known.says} (${text || errno})` : text || errno}`;
  return new GlacierUpError('temporary', message, {
    cause: error,
    service: { operation },
    hint: `${request.proxy === undefined ? (known?.hint ?? 'check the network') : 'check the proxy and NO_PROXY'}, then run the same command again: all progress is kept`,
  });
}

/** A certificate that cannot be trusted, of a host that has not answered in this run: no later try mends that. */
function untrusted(error: SdkError, errno: string, host: string): GlacierUpError {
  const message = `the certificate of ${host} cannot be trusted: ${error.message ?? ''} (${errno})`;
  const hint = /^CERT_(NOT_YET_VALID|HAS_EXPIRED)$/.test(errno)
    ? `check this machine's clock, which says ${new Date().toISOString()}; if it is right, the certificate must be renewed`
    : 'a proxy may be replacing certificates: AWS_CA_BUNDLE names a PEM file with the authorities to trust; checks cannot be switched off';
  return new GlacierUpError('access-denied', message, { hint, cause: error });
}

function tlsCause(errno: string, text: string): Cause | undefined {
  if (isCertificateFault(errno)) {
    return {
      says: 'its certificate is not the one that it showed before',
      hint: 'a captive portal or a proxy may have taken its place: check the network',
    };
  }
  if (isNotTls(text)) {
    return {
      says: 'what answers there does not speak TLS',
      hint: 'check for a captive portal, and that the endpoint is one of https',
    };
  }
  return isTlsFault(errno)
    ? { says: 'the encrypted connection failed', hint: 'check the network' }
    : undefined;
}

/** @param text of the SDK's chain, or of the one provider that a profile names */
function credentialsFailure(error: SdkError, text: string, { profile }: FailedRequest): GlacierUpError {
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
