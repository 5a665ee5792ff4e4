/** Connections through a proxy; loaded only when one is set. */
import { Agent as HttpsAgent } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import { Agent, type AgentConnectOpts } from 'agent-base';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { isExcepted, type NamedProxy } from './proxy-choice.js';

/** Decides for each connection: the services that give credentials may be excepted, and Glacier not, or the reverse. */
class ProxiedAgent extends Agent {
  readonly #direct: HttpsAgent;
  readonly #proxied: HttpsProxyAgent<string>;
  readonly #env: Record<string, string | undefined>;

  constructor(proxy: NamedProxy, env: Record<string, string | undefined>, tls: ConnectionOptions) {
    const keep = { keepAlive: true, maxSockets: 50 };
    super(keep);
    this.#env = env;
    this.#direct = new HttpsAgent({ ...keep, ...tls });
    this.#proxied = new HttpsProxyAgent(proxy.url.href, { ...keep, ...tls });
    // Its constructor keeps these for the connection to the proxy only.
    Object.assign(this.#proxied.options, tls);
  }

  override connect(
    _request: unknown,
    { host, port }: AgentConnectOpts,
  ): HttpsAgent | HttpsProxyAgent<string> {
    return isExcepted(host ?? '', port, this.#env) ? this.#direct : this.#proxied;
  }

  override destroy(): void {
    this.#direct.destroy();
    this.#proxied.destroy();
    super.destroy();
  }
}

/** @param tls for the connection to the endpoint, and to a proxy that speaks HTTPS itself */
export function proxiedAgent(
  proxy: NamedProxy,
  env: Record<string, string | undefined>,
  tls: ConnectionOptions,
): HttpsAgent {
  return new ProxiedAgent(proxy, env, tls) as unknown as HttpsAgent;
}
