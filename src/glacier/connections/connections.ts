/** How the endpoint is reached: by which proxy, and whose certificates are trusted. */
import type { Clock } from '../../clock.js';
import { type CaBundle, readCaBundle } from './ca-bundle.js';
import { EndpointAgent } from './endpoint-agent.js';
import { httpsProxy, isExcepted, proxyText } from './proxy-choice.js';

/** Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED says nothing. */
const strictTls = { rejectUnauthorized: true };

export interface Connections {
  httpsAgent: EndpointAgent;
  /** The proxy that requests to a URL go through, for messages; undefined when they go there directly. */
  proxyTo(url: string): string | undefined;
}

/** @throws GlacierUpError `usage` when the proxy or the bundle cannot be used */
export function openConnections(
  caBundle: CaBundle | undefined,
  env: Record<string, string | undefined>,
  { connectTimeoutMs, clock }: { connectTimeoutMs: number; clock: Clock },
): Connections {
  const tls = { ...strictTls, ...(caBundle === undefined ? {} : { ca: readCaBundle(caBundle) }) };
  const proxy = httpsProxy(env);
  return {
    httpsAgent: new EndpointAgent({ proxy, env, tls, connectTimeoutMs, clock }),
    proxyTo: (url) => {
      if (proxy === null) return undefined;
      const { hostname, port } = new URL(url);
      return isExcepted(hostname, Number(port || 443), env) ? undefined : proxyText(proxy);
    },
  };
}
