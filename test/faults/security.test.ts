/** What SECURITY.md promises, on every path out and in. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { tempFolder } from '../helpers/temp-folder.js';
import { makeMachine, markers, program } from './helpers/machine.js';
import { assertNoMarkers, assertPromise, assertTidy } from './helpers/promise.js';
import { servedPlace } from './helpers/served-place.js';
import { readVault, serveHere } from './helpers/served-vault.js';

/** Each runs the program several times. */
vi.setConfig({ testTimeout: 180_000 });

/** ESC with a title and a clear, CSI, CR, a right-to-left override, NUL and DEL. */
const evil = '\u001b]0;owned\u0007\u001b[2J\r\u202e\u009b1m\u0000\u007f';
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
const controls = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

/** A server that answers every request with what the test says, and counts them. */
async function answering(
  answer: (method: string, url: string) => { status: number; headers?: Record<string, string>; body: string },
) {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    const { status, headers = {}, body } = answer(request.method ?? '', request.url ?? '');
    request.resume();
    response
      .writeHead(status, { 'Content-Type': 'application/json', 'x-amzn-RequestId': 'id', ...headers })
      .end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  server.unref();
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests: () => requests };
}

describe('credentials', () => {
  test('stand in no output and no file, in no failure and at no level of detail', async () => {
    const machine = makeMachine();
    const server = await serveHere({
      faults: ['upload-part#2:error=ThrottlingException', 'complete#1:html=503'],
    });
    await server.createVault('v');
    const words = ['upload', machine.file, '--part-size', '1M', '--verbose', '--debug', ...server.words('v')];
    for (const more of [['--retry-for', '0'], ['--json'], []]) {
      await machine.run([...words, ...more]);
    }
    await machine.run([
      'upload',
      machine.file,
      '--debug',
      '--vault',
      'v',
      '--endpoint-url',
      'https://127.0.0.1:9',
      '--retry-for',
      '0',
    ]);
    await machine.run(['sessions', '--json']);
    await machine.run(['receipts', '--json']);
    assertNoMarkers(machine);
    assertTidy(machine);
    expect(readVault(server.folder, 'v').archives).toHaveLength(1);
  });

  test('that somebody has put into a URL are refused, and not shown', async () => {
    const machine = makeMachine();
    const url = 'https://user:pass-word-marker@glacier.eu-west-1.amazonaws.com';
    const words = ['upload', machine.file, '--vault', 'v'];
    const outcomes = [
      await machine.run([...words, '--endpoint-url', url]),
      await machine.run([...words, `--endpoint-url=${url}`, '--json']),
      await machine.run(words, { env: { GLACIER_UP_ENDPOINT_URL: url } }),
      await machine.run(words, { env: { AWS_ENDPOINT_URL: url } }),
      await machine.run([...words, '--debug'], { env: { AWS_ENDPOINT_URL_GLACIER: url } }),
    ];
    for (const { exitCode, stdout, stderr } of outcomes) {
      expect(exitCode, stderr).toBe(2);
      expect(stdout + stderr).not.toContain('pass-word-marker');
    }
  });
});

describe('state', () => {
  test.each(['000', '022', '077'])('is for its owner alone under umask %s', async (umask) => {
    const machine = makeMachine();
    const vaultFolder = join(machine.folder, 'vault');
    const words = ['upload', machine.file, '--part-size', '1M', '--vault', 'v', '--local', vaultFolder];
    const prefix = ['sh', '-c', `umask ${umask}; exec "$@"`, '--'];
    const { exitCode, stderr } = await machine.run(words, { prefix });
    expect(exitCode, stderr).toBe(0);
    assertPromise(machine, { vaultFolder, vault: 'v' });
    for (const entry of readdirSync(vaultFolder, { recursive: true, withFileTypes: true })) {
      const { mode } = lstatSync(join(entry.parentPath, entry.name));
      expect(mode & 0o077, entry.name).toBe(0);
    }
  });

  const sessions = 'home/.local/state/glacier-up/sessions';
  const receipts = 'home/.local/share/glacier-up';

  test.each<[string, (folder: string) => void]>([
    ['a session folder that is a symbolic link', (folder) => relink(join(folder, sessions))],
    ['a receipt folder that is a symbolic link', (folder) => relink(join(folder, receipts))],
    ['receipts that are a symbolic link', (folder) => relink(join(folder, receipts, 'receipts.jsonl'))],
    ['a session that is a symbolic link', (folder) => relink(sessionIn(join(folder, sessions)))],
  ])('%s is refused: exit 9, and nothing is sent', async (_, spoil) => {
    const place = await servedPlace();
    expect(await place.run(['upload', place.file, '--part-size', '1M'])).toMatchObject({ code: 0 });
    await place.faults('upload-part:status=503');
    const words = ['upload', place.file, '--again', '--part-size', '1M', '--retry-for', '0'];
    expect(await place.run(words)).toMatchObject({ code: 5 });
    spoil(place.folder);
    await place.faults();
    const { code, stderr } = await place.run(words);
    expect(code, stderr).toBe(9);
    expect(stderr).toContain('is a symbolic link');
    expect(place.archives()).toHaveLength(1);
  });

  test.each([0o770, 0o2775, 0o777])(
    'of ours that others may write to (%o) is closed to them',
    async (mode) => {
      const place = await servedPlace();
      await place.faults('upload-part:status=503');
      const words = ['upload', place.file, '--part-size', '1M', '--retry-for', '0'];
      expect(await place.run(words)).toMatchObject({ code: 5 });
      await place.faults();
      expect(await place.run(['upload', place.file, '--again', '--part-size', '2M'])).toMatchObject({
        code: 2,
      });
      const state = [sessions, receipts].map((name) => join(place.folder, name));
      const session = sessionIn(join(place.folder, sessions));
      for (const folder of state) chmodSync(folder, mode);
      chmodSync(session, 0o664);
      expect(await place.plain(['sessions'])).toMatchObject({ code: 0 });
      expect(lstatSync(session).mode & 0o777).toBe(0o644);
      chmodSync(session, mode & 0o666);
      const { code, stderr } = await place.run(words);
      expect(code, stderr).toBe(0);
      for (const folder of state) {
        // The set-group-ID bit of the folder, which fsGroup needs, stays.
        expect(lstatSync(folder).mode & 0o7777, folder).toBe(mode & ~0o022);
      }
      const book = join(place.folder, receipts, 'receipts.jsonl');
      chmodSync(book, 0o660);
      expect(await place.plain(['receipts'])).toMatchObject({ code: 0 });
      expect(lstatSync(book).mode & 0o777).toBe(0o640);
      chmodSync(book, 0o666);
      expect(await place.run(words)).toMatchObject({
        code: 0,
        stdout: `${place.archives()[0]?.archiveId}\n`,
      });
      expect(lstatSync(book).mode & 0o022).toBe(0);
      expect(place.archives()).toHaveLength(1);
    },
  );

  test("of another user's that a group shares is refused and left as it is: exit 9", async () => {
    const place = await servedPlace();
    expect(await place.run(['upload', place.file])).toMatchObject({ code: 0 });
    const book = join(place.folder, receipts, 'receipts.jsonl');
    giveAway(book);
    chmodSync(book, 0o660);
    const { code, stderr } = await place.plain(['receipts']);
    expect(code, stderr).toBe(9);
    expect(stderr).toContain('belongs to user');
    expect(lstatSync(book).mode & 0o777).toBe(0o660);
  });

  test('of another user is refused: exit 9', async () => {
    const place = await servedPlace();
    const other = join(place.folder, 'other');
    mkdirSync(join(other, 'sessions'), { recursive: true, mode: 0o700 });
    giveAway(join(other, 'sessions'));
    const words = ['upload', place.file, '--state-dir', other];
    const { code, stderr } = await place.run(words);
    expect(code, stderr).toBe(9);
    expect(stderr).toContain('belongs to user');
    expect(place.archives()).toEqual([]);
  });
});

describe('the connection', () => {
  const plain = 'http://glacier.eu-west-1.example';

  test.each<[string, string[], Record<string, string>]>([
    ['the option', ['--endpoint-url', plain], {}],
    ['GLACIER_UP_ENDPOINT_URL', [], { GLACIER_UP_ENDPOINT_URL: plain }],
    ['AWS_ENDPOINT_URL', [], { AWS_ENDPOINT_URL: plain }],
    ['AWS_ENDPOINT_URL_GLACIER', [], { AWS_ENDPOINT_URL_GLACIER: plain }],
  ])('is never in the clear but to this machine, by %s: exit 2', async (_, words, env) => {
    const machine = makeMachine();
    const { exitCode, stderr } = await machine.run(['upload', machine.file, '--vault', 'v', ...words], {
      env,
    });
    expect(exitCode, stderr).toBe(2);
    expect(stderr).toContain('https://');
  });

  test.each([
    ['a profile', `[default]\nendpoint_url = ${plain}\n`],
    [
      'a services section',
      `[default]\nservices = mine\n[services mine]\nglacier =\n  endpoint_url = ${plain}\n`,
    ],
  ])('is never in the clear but to this machine, by %s of the AWS configuration', async (_, config) => {
    const machine = makeMachine();
    const file = join(machine.folder, 'cwd', 'config');
    writeFileSync(file, config);
    const words = ['upload', machine.file, '--vault', 'v', '--retry-for', '0'];
    const { exitCode, stderr } = await machine.run(words, { env: { AWS_CONFIG_FILE: file } });
    expect(exitCode, stderr).toBe(2);
    expect(stderr).toContain('https://');
  });

  test('checks certificates though NODE_TLS_REJECT_UNAUTHORIZED says not to', async () => {
    const machine = makeMachine();
    const folder = tempFolder();
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const openssl = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'];
    execFileSync('openssl', [...openssl, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    let requests = 0;
    const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) => {
      requests += 1;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const url = `https://localhost:${(server.address() as AddressInfo).port}`;
    const { exitCode, stderr } = await machine.run(
      ['upload', machine.file, '--vault', 'v', '--endpoint-url', url],
      {
        env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
      },
    );
    expect(exitCode, stderr).toBe(7);
    expect(requests).toBe(0);
  });

  test.each(['.', '..', 'a/b', '', 'a'.repeat(256), 'a b', 'ä', 'a\u0000b', '%2e%2e'])(
    'is not even opened for a vault named %j: exit 2',
    async (name) => {
      const { url, requests } = await answering(() => ({ status: 500, body: '' }));
      const place = await servedPlace();
      const words = ['upload', place.file, '--endpoint-url', url];
      for (const result of [
        await place.plain([...words, '--vault', name]),
        await place.plain(words, { env: { GLACIER_UP_VAULT: name } }),
      ]) {
        expect(result.code, result.stderr).toBe(2);
        expect(result.stderr).not.toMatch(controls);
      }
      expect(requests()).toBe(0);
    },
  );
});

describe('what a server says reaches no terminal as a command', () => {
  const error = (code: string, status: number, message = evil) => ({
    status,
    body: JSON.stringify({ message, code, type: 'Client' }),
  });

  test.each([
    ['an error message', () => error('AccessDeniedException', 403)],
    ['an error code', () => error(`Bad${evil}`, 400)],
    ['a 404', () => error('ResourceNotFoundException', 404, `The upload ID was not found: ${evil}`)],
    [
      'a request ID',
      () => ({ ...error('AccessDeniedException', 403, 'x'), headers: { 'x-amzn-RequestId': '\u009b2J' } }),
    ],
    [
      'a list of uploads',
      () => ({
        status: 200,
        body: JSON.stringify({
          Marker: null,
          UploadsList: [
            {
              MultipartUploadId: `id${evil}`,
              ArchiveDescription: evil,
              PartSizeInBytes: 1_048_576,
              CreationDate: evil,
              VaultARN: evil,
            },
          ],
        }),
      }),
    ],
    [
      'a list of parts',
      () => ({
        status: 200,
        body: JSON.stringify({
          Marker: null,
          MultipartUploadId: 'upload-id',
          ArchiveDescription: evil,
          PartSizeInBytes: 1_048_576,
          CreationDate: evil,
          VaultARN: `arn:aws:glacier:eu-west-1:${evil}:vaults/v`,
          Parts: [{ RangeInBytes: `0-1048575${evil}`, SHA256TreeHash: evil }],
        }),
      }),
    ],
  ])('%s', async (_, answer) => {
    const place = await servedPlace();
    const { url } = await answering(answer);
    const target = ['--vault', 'v', '--endpoint-url', url, '--retry-for', '0'];
    for (const words of [
      ['upload', place.file],
      ['list-uploads'],
      ['list-parts', '--upload-id', 'upload-id'],
      ['list-parts', '--upload-id', 'upload-id', place.file],
      ['resume', '--upload-id', 'upload-id', place.file],
      ['abort', '--yes', '--upload-id', 'upload-id'],
      ['vaults'],
    ]) {
      for (const how of [[], ['--json'], ['--debug', '--verbose']]) {
        const { stdout, stderr } = await place.plain([...words, ...target, ...how]);
        expect(stdout + stderr, words.join(' ')).not.toMatch(controls);
      }
    }
  });

  test('words of the command line itself are shown harmlessly, too', async () => {
    const place = await servedPlace();
    for (const words of [
      [evil],
      ['upload', `--${evil}`],
      ['upload', evil, '--vault', 'v'],
      ['upload', place.file, '--vault', evil],
      ['upload', place.file, '--part-size', evil],
      ['resume', evil],
      ['list-parts', evil],
      ['upload', place.file, '--description', evil],
      ['upload', place.file, '--endpoint-url', evil],
      ['upload', place.file, '--vault', 'v', '--region', evil],
      [
        'upload',
        place.file,
        '--vault',
        'v',
        '--state-dir',
        `${place.folder}/${evil.replaceAll('\0', '')}`,
        '--dry-run',
        '--endpoint-url',
        place.url(),
      ],
    ]) {
      for (const how of [[], ['--json']]) {
        const { stdout, stderr } = await place.plain([...words, ...how]);
        expect(stdout + stderr, JSON.stringify(words)).not.toMatch(controls);
      }
    }
  });
});

describe('the program', () => {
  test('takes no secret as an option', () => {
    const help = ['upload', 'serve', 'resume', 'abort'].map((command) =>
      execFileSync(process.execPath, [program, command, '--help'], { encoding: 'utf8' }),
    );
    expect(help.join('')).not.toMatch(/--(secret|password|token|session-token)|insecure|no-verify/i);
    expect(markers.AWS_SECRET_ACCESS_KEY).toHaveLength(40);
  });
});

/** Only root may: anybody else says so with sudo, as on the machines of continuous integration. */
function giveAway(path: string): void {
  if (process.getuid?.() === 0) chownSync(path, 12_345, 12_345);
  else execFileSync('sudo', ['-n', 'chown', '12345:12345', path]);
}

/** Moves what is there aside, and puts a link to it in its place. */
function relink(path: string): void {
  renameSync(path, `${path}.real`);
  symlinkSync(`${path}.real`, path);
}

function sessionIn(folder: string): string {
  const name = existsSync(folder) && readdirSync(folder).find((one) => one.endsWith('.json'));
  if (!name) throw new Error('there is no session');
  return join(folder, name);
}
