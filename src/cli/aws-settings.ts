/** What AWS's own variables say, below our options. The SDK finds the rest (its configuration files) by itself. */
import { GlacierUpError } from '../errors.js';
import type { WhereTo } from './open-surroundings.js';
import { parseEndpointUrl } from './option-values.js';

export interface AwsSettings {
  region?: string;
  profile?: string;
  endpointUrl?: string;
}

/**
 * `AWS_REGION`, then `AWS_DEFAULT_REGION`, which the AWS CLI knows and this SDK does not; the endpoint variables in
 * the order of the AWS SDKs and Tools Reference Guide, "Service-specific endpoints".
 */
export function awsSettings(whereTo: WhereTo, env: Record<string, string | undefined>): AwsSettings {
  const region = whereTo.region ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION || undefined);
  const profile = whereTo.profile ?? (env.AWS_PROFILE || undefined);
  const ignoresConfigured = env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === 'true';
  const configured = ignoresConfigured ? undefined : env.AWS_ENDPOINT_URL_GLACIER || env.AWS_ENDPOINT_URL;
  const endpointUrl = whereTo.endpointUrl ?? (configured ? checkedUrl(configured) : undefined);
  return {
    ...(region ? { region } : {}),
    ...(profile ? { profile } : {}),
    ...(endpointUrl ? { endpointUrl } : {}),
  };
}

function checkedUrl(url: string): string {
  try {
    return parseEndpointUrl(url);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new GlacierUpError('usage', `the endpoint of the environment, ${JSON.stringify(url)}: ${message}`, {
      cause,
    });
  }
}
