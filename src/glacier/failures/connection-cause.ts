/** Why a connection failed, in words. */
import { errnoOf, GlacierUpError } from '../../errors.js';
import type { SdkError } from './failed-request.js';
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

/** What is known of a failure: its errno, if it is one of the system or of TLS, the library's text, and our words for it. */
export function causeOf(error: SdkError): {
  errno: string;
  text: string;
  known: Cause | undefined;
  isCertificate: boolean;
} {
  const text = withoutOpensslPlaces(error.message ?? String(error));
  const errno = error.code ?? errnoOf(error.cause) ?? '';
  const known = causes[errno] ?? tlsCause(errno, text);
  return { errno, text, known, isCertificate: isCertificateFault(errno) };
}

/**
 * A certificate that cannot be trusted, of a host that has not answered in this run: no later try mends that.
 * @param nowMs this machine's time, ms since 1970
 */
export function untrusted(error: SdkError, errno: string, host: string, nowMs: number): GlacierUpError {
  const message = `the certificate of ${host} cannot be trusted: ${error.message ?? ''} (${errno})`;
  const hint = /^CERT_(NOT_YET_VALID|HAS_EXPIRED)$/.test(errno)
    ? `check this machine's clock, which says ${new Date(nowMs).toISOString()}; if it is right, the certificate must be renewed`
    : 'a proxy may be replacing certificates: AWS_CA_BUNDLE names a PEM file with the authorities to trust; checks cannot be switched off';
  return new GlacierUpError('certificate-untrusted', message, { hint, cause: error });
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
