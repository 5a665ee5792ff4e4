import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  connectVault,
  type VaultConnection,
  type VaultNeed,
  withVaultConnection,
} from '../../../src/cli/open/connect-vault.js';
import { type VaultSelector, vaultPlaceKey } from '../../../src/cli/open/vault-selector.js';
import { whichVaultAsker } from '../../../src/cli/open/which-vault.js';
import { makeReporter } from '../../../src/cli/output/reporter.js';
import { RunPatience } from '../../../src/glacier/retry/patience.js';
import { makeContext } from '../../helpers/cli.js';
import { type FakeClock, fakeClock } from '../../helpers/fake-clock.js';
import { serveHttp } from '../../helpers/network.js';
import { tempFolder } from '../../helpers/temp-folder.js';

type Run = Parameters<typeof connectVault>[0];

const arn = 'arn:aws:glacier:us-east-1:123456789012:vaults/demo';
const described = JSON.stringify({ VaultARN: arn, VaultName: 'demo', CreationDate: '2026-01-01T00:00:00Z' });
const keys = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };
const signal = new AbortController().signal;

function running(options: Run['options'] = {}, clock: FakeClock = fakeClock()) {
  const folder = tempFolder();
  const env = {
    ...keys,
    AWS_CONFIG_FILE: join(folder, 'none'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'none'),
  };
  const { context, stderr } = makeContext({ folder, clock, env });
  const reporter = makeReporter(context, { verbose: true });
  return { run: { context, options, patience: new RunPatience(), reporter, signal } as Run, stderr, folder };
}

/** A server that fails so often before it describes the vault. */
async function serverFailing(times: number, onRequest: () => void = () => {}) {
  const asked: string[] = [];
  const listener: RequestListener = ({ method, url }, reply) => {
    asked.push(`${method} ${url}`);
    onRequest();
    const fails = asked.length <= times;
    reply.writeHead(fails ? 503 : 200, { 'content-type': 'application/json' });
    reply.end(fails ? '{"code":"ServiceUnavailableException","message":"m"}' : described);
  };
  return { url: await serveHttp(listener), asked };
}

const at = (endpointUrl: string, more: VaultSelector = {}): VaultSelector => ({
  vault: 'demo',
  region: 'us-east-1',
  endpointUrl,
  ...more,
});

describe('a vault at an endpoint', () => {
  test('is where the options say: account, region, endpoint and vault', async () => {
    const { url, asked } = await serverFailing(0);
    const { run } = running();
    const { vault, destination, localFolder, close } = await connectVault(
      run,
      at(url, { accountId: '123456789012' }),
      'there',
    );
    expect(await vault.describeVault(signal)).toMatchObject({ arn });
    expect({ destination, localFolder, asked }).toEqual({
      destination: {
        profile: null,
        accountOption: '123456789012',
        region: 'us-east-1',
        endpoint: url,
        vault: 'demo',
      },
      localFolder: null,
      asked: ['GET /123456789012/vaults/demo'],
    });
    await close();
  });

  test('without an account is that of the credentials, and without an endpoint Amazon’s', async () => {
    const { run } = running();
    const { destination, close } = await connectVault(run, { vault: 'demo', region: 'eu-west-1' }, 'there');
    expect(destination).toMatchObject({ accountOption: '-', region: 'eu-west-1', endpoint: null });
    await close();
  });

  test('must be named, unless the command is about the account', async () => {
    const { run } = running();
    await expect(connectVault(run, { region: 'us-east-1' }, 'there')).rejects.toMatchObject({
      code: 'usage',
      message: 'no vault is named',
    });
    const { destination, close } = await connectVault(run, { region: 'us-east-1' }, 'none');
    expect(destination.vault).toBe('');
    await close();
  });

  test('is asked again after a temporary failure, which is told', async () => {
    const { url, asked } = await serverFailing(2);
    const { run, stderr } = running();
    const ask = ({ vault }: VaultConnection) => vault.describeVault(signal);
    await withVaultConnection(run, at(url), 'there', ask);
    expect(asked).toHaveLength(3);
    expect(
      stderr()
        .match(/try \d failed: .*; again in \d+s/g)
        ?.map((line) => line.slice(0, 5)),
    ).toEqual(['try 1', 'try 2']);
  });

  test('is asked for as long as --retry-for says, by what the run has left for that endpoint', async () => {
    const { url, asked } = await serverFailing(100);
    const { run } = running({ retryFor: 0 });
    const ask = ({ vault }: VaultConnection) => vault.describeVault(signal);
    await expect(withVaultConnection(run, at(url), 'there', ask)).rejects.toMatchObject({
      code: 'temporary',
    });
    expect(asked).toHaveLength(1);
    expect(run.patience.isSpent).toBe(true);
    expect(run.patience.with(url).isSpent).toBe(true);
  });

  test.each([
    ['an answer that takes four read timeouts spends as much of --retry-for', 40, 1],
    ['a gap longer than five is a machine that slept, and spends five at most', 100_000, 2],
  ])('%s', async (_, answerSeconds, tries) => {
    const clock = fakeClock();
    const { url, asked } = await serverFailing(1, () => clock.pass(answerSeconds * 1000));
    const { run } = running({ readTimeout: 10_000, retryFor: answerSeconds === 40 ? 39_000 : 60_000 }, clock);
    const ask = ({ vault }: VaultConnection) => vault.describeVault(signal);
    const asking = withVaultConnection(run, at(url), 'there', ask);
    if (tries === 1) await expect(asking).rejects.toMatchObject({ code: 'temporary' });
    else await asking;
    expect(asked).toHaveLength(tries);
  });
});

describe('an embedded vault', () => {
  const need = async (folder: string, vaultNeed: VaultNeed) => {
    const { run } = running();
    const connection = await connectVault(run, { vault: 'demo', local: folder }, vaultNeed);
    const { destination, localFolder } = connection;
    await connection.close();
    return { destination, localFolder };
  };

  test('is made where it is needed, and is the same one from then on', async () => {
    const folder = join(tempFolder(), 'vault');
    const made = await need(folder, 'made');
    expect(made.localFolder).toBe(folder);
    expect(made.destination).toMatchObject({
      profile: null,
      accountOption: '-',
      region: 'local',
      vault: 'demo',
    });
    expect(made.destination.endpoint).toMatch(/^local:./);
    expect(await need(folder, 'there')).toEqual(made);
  });

  test.each(['there', 'none'] as const)('is not made for a command that needs it %s', async (vaultNeed) => {
    const folder = join(tempFolder(), 'vault');
    await expect(need(folder, vaultNeed)).rejects.toMatchObject({
      code: 'vault-gone',
      message: `there is no embedded vault in ${folder}`,
    });
  });
});

describe('which vault it is', () => {
  const destination = {
    profile: null,
    accountOption: '-',
    region: 'us-east-1',
    endpoint: null,
    vault: 'demo',
  };

  /** Asks twice what a server answers so. */
  async function answerOf(status: number, body: unknown) {
    const asked: string[] = [];
    const url = await serveHttp(({ url: path }, reply) => {
      asked.push(String(path));
      reply.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    const { run } = running({ retryFor: 0 });
    const { vault, close } = await connectVault(run, at(url), 'there');
    const unknown: string[] = [];
    const ask = whichVaultAsker(vault, destination, signal, (message) => unknown.push(message));
    try {
      expect(asked).toEqual([]);
      return { first: await ask(), second: await ask(), unknown, asked };
    } finally {
      await close();
    }
  }

  test('is asked once, and only when it matters', async () => {
    const { first, second, asked } = await answerOf(200, JSON.parse(described));
    expect(first).toEqual({ destination, accountId: '123456789012', createdAt: '2026-01-01T00:00:00Z' });
    expect(second).toBe(first);
    expect(asked).toHaveLength(1);
  });

  test('is not known where the answer says nothing of it', async () => {
    const { first } = await answerOf(200, { VaultARN: 'arn:other', VaultName: 'demo' });
    expect(first).toEqual({ destination, accountId: null, createdAt: null });
  });

  test('is not known where the question is forbidden, which is told', async () => {
    const { first, unknown } = await answerOf(403, { code: 'AccessDeniedException', message: 'no' });
    expect(first).toEqual({ destination, accountId: null, createdAt: null });
    expect(unknown).toEqual([expect.stringContaining('allow glacier:DescribeVault')]);
  });

  test('fails as any question does', async () => {
    await expect(answerOf(404, { code: 'ResourceNotFoundException', message: 'no' })).rejects.toMatchObject({
      code: 'vault-gone',
    });
  });
});

test('two selectors lead to one vault when all that they name is the same', () => {
  const one = at('https://a.example');
  expect(vaultPlaceKey(one)).toBe(vaultPlaceKey({ ...one }));
  for (const other of [
    { vault: 'x' },
    { region: 'x' },
    { profile: 'x' },
    { accountId: 'x' },
    { endpointUrl: 'x' },
    { local: 'x' },
  ]) {
    expect(vaultPlaceKey({ ...one, ...other })).not.toBe(vaultPlaceKey(one));
  }
});
