/** No answer came: the network, the credentials chain or the client's own checks failed. */
import { GlacierUpError } from '../../errors.js';
import { causeOf, untrusted } from './connection-cause.js';
import { credentialsFailure } from './credentials-error.js';
import { type FailedRequest, placeText, type SdkError } from './failed-request.js';

/**
 * Why no answer came, as an error of ours.
 * @returns `no-credentials`, `credentials-expired`, `no-region`, `certificate-untrusted`, `internal` for a mistake of the
 * program, or `temporary`
 */
export function fromLocalFailure(error: SdkError, request: FailedRequest): GlacierUpError {
  const { operation, endpointUrl, region, nowMs } = request;
  const { errno, text, known, isCertificate } = causeOf(error);
  if (error.name === 'CredentialsProviderError' || error.name === 'TokenProviderError') {
    return credentialsFailure(error, text, request);
  }
  if (/^Region is missing/.test(text)) {
    const hint = 'give --region, or set AWS_REGION or AWS_DEFAULT_REGION, or a region in the profile';
    const looked = `AWS_REGION, AWS_DEFAULT_REGION, and profile ${request.profile ?? 'default'} of the AWS configuration were looked at`;
    return new GlacierUpError('no-region', `no region is known: ${looked}`, { hint, cause: error });
  }
  if (isCertificate && !request.hasAnswered) {
    return untrusted(error, errno, endpointUrl ?? `glacier.${region ?? ''}.amazonaws.com`, nowMs);
  }
  if (isMistake(error, errno) || (errno === '' && error.name !== 'TimeoutError')) {
    return new GlacierUpError('internal', `${operation}: ${text}`, { cause: error });
  }
  const way = request.proxy === undefined ? '' : `, through ${request.proxy}`;
  const message = `${operation}: no answer from ${placeText(request)}${way}: ${known ? `${known.says} (${text || errno})` : text || errno}`;
  return new GlacierUpError('temporary', message, {
    cause: error,
    service: { operation },
    hint: `${request.proxy === undefined ? (known?.hint ?? 'check the network') : 'check the proxy and NO_PROXY'}, then run the same command again: all progress is kept`,
  });
}

/** What a program does wrong, and no line: asking again would fail in the same way. Node gives it codes, too. */
function isMistake(error: SdkError, errno: string): boolean {
  const isOfTheLanguage = [TypeError, RangeError, ReferenceError].some((kind) => error instanceof kind);
  return isOfTheLanguage || /^(ERR_)?MODULE_NOT_FOUND$/.test(errno);
}
