/** `npm run audit:bundled`, with a registry on loopback whose advisories are made up. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFolder } from '../helpers/temp-folder.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Runs the script against a registry that has an advisory for all versions of these packages; null: it has no audit. */
async function audit(names: readonly string[] | null) {
  const advisories = (names ?? []).map((name, index) => [
    name,
    [
      {
        id: index + 1,
        url: 'https://example.org/1',
        title: 'Made up',
        severity: 'high',
        vulnerable_versions: '*',
      },
    ],
  ]);
  const server = createServer((request, response) => {
    request.resume();
    const isAudit = request.url?.endsWith('/advisories/bulk') && names !== null;
    response.writeHead(isAudit ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isAudit ? Object.fromEntries(advisories) : { error: 'not found' }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: tempFolder(),
    npm_config_registry: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    npm_config_fetch_retries: '0',
  };
  const script = [fileURLToPath(new URL('../../scripts/audit-bundled.mjs', import.meta.url))];
  const { exitCode, stdout, stderr } = await execa(process.execPath, script, {
    cwd: root,
    env,
    extendEnv: false,
    reject: false,
  });
  return { exitCode, stdout, stderr };
}

describe('the audit of what is bundled', () => {
  test('finds the advisory of a bundled package, in the version that is bundled', async () => {
    const { exitCode, stdout } = await audit(['dot-prop']);
    const licenses = readFileSync(new URL('../../dist/THIRD-PARTY-LICENSES', import.meta.url), 'utf8');
    const version = /^dot-prop (\S+)/m.exec(licenses)?.[1];
    expect(stdout).toMatch(
      new RegExp(
        `^dot-prop@${version}: Made up \\(high, https://example.org/1\\)\\n\\d+ bundled packages, 1 advisory$`,
      ),
    );
    expect(exitCode).toBe(1);
  });

  test('leaves out what only builds and tests', async () => {
    expect(await audit(['vitest'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/, 0 advisories$/),
    });
  });

  test('says that nothing was checked when the registry does not answer', async () => {
    const { exitCode, stdout, stderr } = await audit(null);
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toMatch(/^not checked: the registry does not answer "npm audit"/);
  });
});
