/** What a profile of the AWS configuration says, beside credentials. Read with the SDK's own reader. */
import { loadSharedConfigFiles } from '@smithy/core/config';
import { GlacierUpError } from '../../errors.js';

export interface ProfileSettings {
  region?: string;
  /** Where Glacier is: the profile's `services` section, then its `endpoint_url`. */
  endpointUrl?: string;
  /** `ignore_configured_endpoint_urls` */
  ignoresEndpoints: boolean;
  /** `ca_bundle` */
  caBundle?: string;
}

/**
 * Files that are not there say nothing.
 * @param env for `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE`
 * @returns null when the profile is in neither file
 * @throws GlacierUpError `usage` when the profile names a services section that is not there
 */
export async function profileSettings(
  profile: string,
  env: Record<string, string | undefined>,
): Promise<ProfileSettings | null> {
  const { configFile, credentialsFile } = await loadSharedConfigFiles({
    ...(env.AWS_CONFIG_FILE ? { configFilepath: env.AWS_CONFIG_FILE } : {}),
    ...(env.AWS_SHARED_CREDENTIALS_FILE ? { filepath: env.AWS_SHARED_CREDENTIALS_FILE } : {}),
  });
  if (credentialsFile[profile] === undefined && configFile[profile] === undefined) return null;
  const settings = { ...credentialsFile[profile], ...configFile[profile] };
  const endpointUrl = serviceEndpoint(profile, settings.services, configFile) ?? settings.endpoint_url;
  return {
    ignoresEndpoints: settings.ignore_configured_endpoint_urls?.toLowerCase() === 'true',
    ...(settings.region ? { region: settings.region } : {}),
    ...(endpointUrl ? { endpointUrl } : {}),
    ...(settings.ca_bundle ? { caBundle: settings.ca_bundle } : {}),
  };
}

/** `[services NAME]` with `glacier = endpoint_url = …`, as the profile's `services = NAME` asks. */
function serviceEndpoint(
  profile: string,
  services: string | undefined,
  configFile: Record<string, Record<string, string | undefined>>,
): string | undefined {
  if (services === undefined) return undefined;
  const section = configFile[`services.${services}`];
  if (section) return section['glacier.endpoint_url'];
  throw new GlacierUpError(
    'usage',
    `profile ${profile} of the AWS configuration names the services section ${JSON.stringify(services)}, which is not there`,
    {
      hint: `add [services ${services}] to the AWS configuration file, or take "services" out of the profile`,
    },
  );
}
