/** What AWS's own variables and configuration files say, below our options. Credentials are the SDK's to find. */
import { GlacierUpError } from '../errors.js';
import type { CaBundle } from '../glacier/ca-bundle.js';
import { parseEndpointUrl } from './option-values.js';
import type { WhereTo } from './where-to.js';

export interface AwsSettings {
  region?: string;
  profile?: string;
  endpointUrl?: string;
  caBundle?: CaBundle;
}

/**
 * `AWS_REGION`, then `AWS_DEFAULT_REGION`, which the AWS CLI knows and this SDK does not; endpoints in the order of
 * the AWS SDKs and Tools Reference Guide, "Service-specific endpoints": variables, then the profile. The SDK would
 * take the profile's by itself, but that of `AWS_PROFILE` whatever `--profile` says, and over plain HTTP too.
 * @param whereTo a profile or endpoint of null: none, whatever the environment says
 */
export async function awsSettings(
  whereTo: WhereTo,
  env: Record<string, string | undefined>,
): Promise<AwsSettings> {
  const { profileSettings } = await import('../glacier/sdk-config-files.js');
  const profile = whereTo.profile === null ? undefined : (whereTo.profile ?? (env.AWS_PROFILE || undefined));
  const configured = await profileSettings(profile ?? 'default', env);
  // A variable that is set to nothing counts as unset; to the SDK it would be a region.
  const region = whereTo.region ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION || configured.region);
  const isIgnored = isTrue(env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS) ?? configured.ignoresEndpoints;
  const endpointUrl =
    whereTo.endpointUrl === undefined && !isIgnored
      ? configuredEndpoint(env, profile, configured.endpointUrl)
      : whereTo.endpointUrl;
  const caBundle = env.AWS_CA_BUNDLE
    ? { path: env.AWS_CA_BUNDLE, source: 'AWS_CA_BUNDLE' }
    : configured.caBundle
      ? { path: configured.caBundle, source: `ca_bundle of ${profileText(profile)}` }
      : undefined;
  return {
    ...(region ? { region } : {}),
    ...(profile ? { profile } : {}),
    ...(endpointUrl ? { endpointUrl } : {}),
    ...(caBundle ? { caBundle } : {}),
  };
}

/** undefined when it is not set. */
function isTrue(text: string | undefined): boolean | undefined {
  return text ? text.toLowerCase() === 'true' : undefined;
}

function profileText(profile: string | undefined): string {
  return `profile ${profile ?? 'default'} of the AWS configuration`;
}

function configuredEndpoint(
  env: Record<string, string | undefined>,
  profile: string | undefined,
  ofProfile: string | undefined,
): string | undefined {
  const name = ['AWS_ENDPOINT_URL_GLACIER', 'AWS_ENDPOINT_URL'].find((variable) => env[variable]);
  if (name !== undefined) return checkedUrl(env[name] ?? '', name);
  return ofProfile === undefined ? undefined : checkedUrl(ofProfile, profileText(profile));
}

function checkedUrl(url: string, source: string): string {
  try {
    return parseEndpointUrl(url);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new GlacierUpError('usage', `the endpoint of ${source}, ${JSON.stringify(url)}: ${message}`, {
      hint: 'correct it, or give --endpoint-url',
      cause,
    });
  }
}
