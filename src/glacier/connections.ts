/** How the endpoint is reached: by which proxy, and whose certificates are trusted. */
import { Agent } from 'node:https';
import { type CaBundle, readCaBundle } from './ca-bundle.js';
import { httpsProxy, isExcepted, proxyText } from './proxy-choice.js';

/** Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED says nothing. */
export const strictTls = { rejectUnauthorized: true };

export interface Connections {
  /** undefined: the SDK's own. */
  httpsAgent?: Agent;
  /** The proxy that requests to a URL go through, for messages; undefined when they go there directly. */
  proxyTo(url: string): string | undefined;
}

/** @throws GlacierUpError `usage` when the proxy or the bundle cannot be used */
export async function openConnections(
  caBundle: CaBundle | undefined,
  env: Record<string, string | undefined>,
): Promise<Connections> {
  const tls = { ...strictTls, ...(caBundle === undefined ? {} : { ca: readCaBundle(caBundle) }) };
  const proxy = httpsProxy(env);
  if (proxy === null) {
    return caBundle === undefined
      ? { proxyTo: () => undefined }
      : { httpsAgent: new Agent({ keepAlive: true, maxSockets: 50, ...tls }), proxyTo: () => undefined };
  }
  const { proxiedAgent } = await import('./proxied-agent.js');
  return {
    httpsAgent: proxiedAgent(proxy, env, tls),
    proxyTo: (url) => {
      const { hostname, port } = new URL(url);
      return isExcepted(hostname, Number(port || 443), env) ? undefined : proxyText(proxy);
    },
  };
}
