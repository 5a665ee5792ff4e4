/** A home beside a served vault, both on one clock that a test sets: hours pass at once. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { startVaultServer, type VaultServerOptions } from '../../src/server/index.js';
import type { CliOptions, CliResult } from './cli.js';
import { type FakeClock, fakeClock } from './fake-clock.js';
import { interruptedBy, makePlace, type Place } from './place.js';
import { scratchFolder } from './scratch.js';

export interface ServedPlace extends Place {
  clock: FakeClock;
  /** Stops the server and starts it again on the same folder, with these faults and times. */
  serve(options: ServeOptions): Promise<void>;
  url(): string;
  /** How many jobs the vault has had. */
  jobCount(): number;
  /** The environment of a client that speaks to the server. */
  env(): Record<string, string>;
}

export type ServeOptions = Pick<
  VaultServerOptions,
  'faults' | 'inventoryEveryMs' | 'jobDelayMs' | 'jobLifeMs' | 'seeds' | 'seedDescriptions' | 'rates'
>;

const credentials = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' };

/** `run` adds `--vault demo` and where the server is; the vault is made. */
export async function makeServedPlace(sizeBytes?: number, options: ServeOptions = {}): Promise<ServedPlace> {
  const place = makePlace(sizeBytes, scratchFolder);
  const clock = fakeClock(Date.parse('2026-03-01T12:00:00Z'));
  const start = (faults: ServeOptions) =>
    startVaultServer({ dir: place.vaultFolder, now: clock.now, inventoryEveryMs: 0, ...options, ...faults });
  let server = await start({});
  onTestFinished(() => server.close());
  // The SDK looks for them by itself, in the process's own environment.
  for (const [name, value] of Object.entries(credentials)) vi.stubEnv(name, value);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const env = (): Record<string, string> => ({
    ...credentials,
    AWS_REGION: 'eu-west-1',
    AWS_ENDPOINT_URL_GLACIER: server.url,
  });
  const plain = (words: string[], more: Partial<CliOptions> = {}): Promise<CliResult> =>
    place.plain(words, { clock, ...more, env: { ...env(), ...more.env } });
  const run: ServedPlace['run'] = (words, more) => plain([...words, '--vault', 'demo'], more);
  const served: ServedPlace = {
    ...place,
    clock,
    plain,
    run,
    interrupted: interruptedBy(run),
    url: () => server.url,
    jobCount: () => {
      const jobs = join(place.vaultFolder, 'vaults/1/jobs');
      return existsSync(jobs) ? readdirSync(jobs).length : 0;
    },
    env,
    serve: async (faults) => {
      const port = Number(new URL(server.url).port);
      await server.close();
      server = await startVaultServer({
        dir: place.vaultFolder,
        port,
        now: clock.now,
        inventoryEveryMs: 0,
        ...options,
        ...faults,
      });
    },
  };
  const made = await plain(['vaults', 'create', 'demo']);
  if (made.code !== 0) throw new Error(made.stderr);
  return served;
}
