/** Which proxy a request goes through, by the variables that curl, Python and with it the AWS CLI read. */
import { GlacierUpError } from '../../errors.js';

type Environment = Record<string, string | undefined>;

export interface NamedProxy {
  url: URL;
  /** The variable that names it. */
  source: string;
}

/**
 * The proxy for HTTPS; `HTTP_PROXY` has no part in it, since plain HTTP is spoken to this machine only. The lower case
 * name counts first, as with curl.
 * @throws GlacierUpError `usage` for a value that is no proxy
 */
export function httpsProxy(env: Environment): NamedProxy | null {
  const source = ['https_proxy', 'HTTPS_PROXY'].find((name) => env[name]);
  if (source === undefined) return null;
  const text = env[source] ?? '';
  const whole = text.includes('://') ? text : `http://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : null;
  if (url?.hostname && ['http:', 'https:'].includes(url.protocol)) return { url, source };
  const shown = text.replace(/\/\/[^@/]*@/, '//…@');
  throw new GlacierUpError('usage', `${source} is ${JSON.stringify(shown)}, which is no HTTP proxy`, {
    hint: `write ${source}=http://HOST:PORT, or unset it; proxies that speak SOCKS are not supported`,
  });
}

/** A proxy's address without a user and password. */
export function proxyText({ url, source }: NamedProxy): string {
  return `the proxy ${url.protocol}//${url.host} (${source})`;
}

/**
 * Whether `NO_PROXY` excepts a host: a name excepts itself and what is below it, with or without a leading dot, as
 * Python has it; `*` excepts all. A port may follow. This machine is always excepted.
 */
export function isExcepted(host: string, port: number, env: Environment): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '');
  if (name === 'localhost' || name === '::1' || /^127\.\d+\.\d+\.\d+$/.test(name)) return true;
  const entries = (env.no_proxy || env.NO_PROXY || '').toLowerCase().split(/[\s,]+/);
  return entries.some((entry) => {
    if (entry === '*') return true;
    const [, suffix = '', onlyPort] = /^\*?\.?(.*?)(?::(\d+))?$/.exec(entry) ?? [];
    if (suffix === '' || (onlyPort !== undefined && Number(onlyPort) !== port)) return false;
    return name === suffix || name.endsWith(`.${suffix}`);
  });
}
