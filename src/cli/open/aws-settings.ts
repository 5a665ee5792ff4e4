/** What AWS's own variables and configuration files say, below our options. Other credentials are the SDK's to find. */
import { GlacierUpError } from '../../errors.js';
import type { CaBundle } from '../../glacier/connections/ca-bundle.js';
import { parseEndpointUrl } from '../options/option-values.js';
import type { VaultSelector } from './vault-selector.js';

type Environment = Record<string, string | undefined>;

export interface StaticCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

export interface AwsSettings {
  region?: string;
  /** Whose credentials sign; absent when those of the environment do, and when none is named. */
  profile?: string;
  /** Those of the environment, where they count. */
  credentials?: StaticCredentials;
  endpointUrl?: string;
  caBundle?: CaBundle;
}

/**
 * `AWS_REGION`, then `AWS_DEFAULT_REGION`, which the AWS CLI knows and this SDK does not; endpoints in the order of
 * the AWS SDKs and Tools Reference Guide, "Service-specific endpoints": variables, then the profile. The SDK would
 * take the profile's by itself, but that of `AWS_PROFILE` also when `--profile` names another, and over plain HTTP too.
 *
 * Keys of the environment count before a profile that the environment names, and not beside one that an option names:
 * so it is with the AWS CLI (botocore, `create_credential_resolver`), while this SDK takes the profile in both cases.
 * @param selector a profile or endpoint of null: none, also when the environment names one
 * @throws GlacierUpError `no-credentials` for a profile that is not there and for half of a key; `usage` for an endpoint
 */
export async function awsSettings(selector: VaultSelector, env: Environment): Promise<AwsSettings> {
  const { profileSettings } = await import('../../glacier/sdk/sdk-config-files.js');
  const profile = selector.profile === null ? undefined : (selector.profile ?? profileOf(env));
  const configured = await profileSettings(profile ?? 'default', env);
  if (profile !== undefined && configured === null) throw unknownProfile(profile);
  const credentials = typeof selector.profile === 'string' ? null : keysOf(env);
  // A variable that is set to nothing counts as unset; to the SDK it would be a region.
  const region = selector.region ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION || configured?.region);
  const isIgnored = isTrue(env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS) ?? configured?.ignoresEndpoints;
  const endpointUrl =
    selector.endpointUrl === undefined && !isIgnored
      ? configuredEndpoint(env, profile, configured?.endpointUrl)
      : selector.endpointUrl;
  const caBundle = env.AWS_CA_BUNDLE
    ? { path: env.AWS_CA_BUNDLE, source: 'AWS_CA_BUNDLE' }
    : configured?.caBundle
      ? { path: configured.caBundle, source: `ca_bundle of ${profileText(profile)}` }
      : undefined;
  return {
    ...(region ? { region } : {}),
    ...(credentials ? { credentials } : profile ? { profile } : {}),
    ...(endpointUrl ? { endpointUrl } : {}),
    ...(caBundle ? { caBundle } : {}),
  };
}

/** In the order of version 2 of the AWS CLI; in version 1 it is the other way round. */
export function profileOf(env: Environment): string | undefined {
  return env.AWS_PROFILE || env.AWS_DEFAULT_PROFILE || undefined;
}

/** @returns null when the environment has none */
function keysOf(env: Environment): StaticCredentials | null {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (!accessKeyId) return null;
  if (!secretAccessKey) {
    throw new GlacierUpError('no-credentials', 'AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not', {
      hint: 'set both, or unset both to have the credentials of a profile',
    });
  }
  const sessionToken = env.AWS_SECURITY_TOKEN || env.AWS_SESSION_TOKEN;
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}

function unknownProfile(profile: string): GlacierUpError {
  const message = `no credentials were found: profile ${profile} of the AWS configuration was looked at, and is not there`;
  return new GlacierUpError('no-credentials', message, {
    hint: 'is the profile spelled so in ~/.aws/config or ~/.aws/credentials ("aws configure list-profiles")?',
  });
}

/** undefined when it is not set. */
function isTrue(text: string | undefined): boolean | undefined {
  return text ? text.toLowerCase() === 'true' : undefined;
}

function profileText(profile: string | undefined): string {
  return `profile ${profile ?? 'default'} of the AWS configuration`;
}

function configuredEndpoint(
  env: Environment,
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
