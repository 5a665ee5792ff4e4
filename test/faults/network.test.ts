/** What networks and busy services do, and that it costs time at most. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { MiB } from '../helpers/bytes.js';
import { serveHttp } from '../helpers/network.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { makeMachine } from './helpers/machine.js';
import { receiptsOf, sessionsLeft } from './helpers/promise.js';
import { type ServedPlace, servedPlace } from './helpers/served-place.js';
import { readVault, serveHere } from './helpers/served-vault.js';

/** Each runs the program several times. */
vi.setConfig({ testTimeout: 180_000 });

const upload = (place: ServedPlace, ...words: string[]) =>
  place.run(['upload', place.file, '--part-size', '1M', '--concurrency', '1', ...words]);

/** One archive, and its receipt. */
function expectArchived(
  place: ServedPlace,
  { code, stdout, stderr }: Awaited<ReturnType<typeof upload>>,
): void {
  expect(code, stderr).toBe(0);
  expect(place.archives()).toMatchObject([{ archiveId: stdout.trim() }]);
  expect(place.receipts()).toMatchObject([{ archiveId: stdout.trim() }]);
  expect(place.sessions()).toEqual([]);
}

/** Two of three parts are stored; the service then goes on with these faults. */
async function halfDone(...faults: string[]): Promise<ServedPlace> {
  const place = await servedPlace();
  await place.faults('upload-part#3-:status=503');
  expect(await upload(place, '--retry-for', '0')).toMatchObject({ code: 5 });
  expect(place.sessions()).toMatchObject([{ phase: 'uploading' }]);
  await place.faults(...faults);
  return place;
}

const passing = [
  'error=RequestTimeoutException',
  'error=ServiceUnavailableException',
  'error=ThrottlingException',
  'late-error=ServiceUnavailableException',
  'late-error=RequestTimeoutException',
  ...['408', '429', '500', '502', '503', '504', '520', '404'].map((status) => `status=${status}`),
  ...['html=200', 'html=302', 'html=503'],
  ...['cut', 'lose-reply', 'cut-reply', 'truncate-reply', 'huge-reply=8M'],
];

describe('a fault that passes is met by trying again', () => {
  test.each(passing)('%s, at each step of an upload', async (fault) => {
    const place = await servedPlace();
    await place.faults(`initiate#1:${fault}`, `upload-part#2:${fault}`, `complete#1:${fault}`);
    expectArchived(place, await upload(place));
  });

  test.each(passing)('%s, when the parts are listed', async (fault) => {
    const place = await halfDone(`list-parts#1-2:${fault}`);
    const result = await upload(place, '--verbose');
    expectArchived(place, result);
    expect(place.receipts()).toMatchObject([{ parts: { sent: 1, kept: 2 } }]);
  });

  test.each([
    ['never answers', 'black-hole'],
    ['stops reading in the middle of a part', 'stall@100K'],
    ['drips its reply byte by byte', 'slow-reply=100ms'],
  ])('a service that %s', async (_, fault) => {
    const place = await servedPlace();
    await place.faults(`upload-part#2:${fault}`);
    expectArchived(place, await upload(place, '--read-timeout', '500ms'));
  });

  test.each(['+1h', '-1h'])('a clock that is %s off is followed', async (shift) => {
    const place = await servedPlace();
    await place.faults(`*:skew=${shift}`);
    expectArchived(place, await upload(place));
  });
});

describe('a fault that stays is exit 5 with everything kept; and when it is gone, the same command ends it', () => {
  test.each(['status=503', 'html=200', 'html=302', 'status=404', 'error=ThrottlingException', 'cut'])(
    '%s',
    async (fault) => {
      const place = await halfDone(`*:${fault}`);
      for (const words of [
        ['upload', place.file],
        ['resume', place.file],
        ['complete', place.file],
        ['list-parts', place.file],
        ['abort', place.file, '--yes'],
        ['upload', place.file, '--start-over'],
        ['list-uploads'],
      ]) {
        const { code, stderr } = await place.run(words);
        expect({ words, code }, stderr).toEqual({ words, code: 5 });
        expect(place.sessions(), stderr).toMatchObject([{ phase: 'uploading' }]);
      }
      await place.faults();
      expectArchived(place, await upload(place));
    },
  );

  test('no server at the address', async () => {
    const place = await servedPlace();
    const { port } = await listening(createServer());
    const words = ['upload', place.file, '--vault', 'v', '--endpoint-url', `http://127.0.0.1:${port + 0}`];
    await closeLast();
    const { code, stderr } = await place.plain(words);
    expect(code, stderr).toBe(5);
    expect(stderr).toContain('ECONNREFUSED');
  });

  test('a name that does not exist is named', async () => {
    const place = await servedPlace();
    const words = ['upload', place.file, '--vault', 'v', '--endpoint-url', 'https://glacier.invalid'];
    const { code, stderr } = await place.plain([...words, '--retry-for', '0']);
    expect(code, stderr).toBe(5);
    expect(stderr).toContain('glacier.invalid');
    expect(stderr).toMatch(/^hint: /m);
  });

  test('a server that never says a word of TLS', async () => {
    const place = await servedPlace();
    const { port } = await listening(createServer());
    const words = ['upload', place.file, '--vault', 'v', '--endpoint-url', `https://127.0.0.1:${port}`];
    const limits = ['--connect-timeout', '300ms', '--read-timeout', '300ms', '--retry-for', '0'];
    const { code, stderr } = await place.plain([...words, ...limits]);
    expect(code, stderr).toBe(5);
  });
});

describe('a list of parts that lies decides nothing', () => {
  test.each([
    ['repeat-marker', 5],
    ['html=200', 5],
    ['truncate-reply', 5],
    ['cut-reply', 5],
    ['huge-reply=8M', 5],
    // It looks like the truth; what is sent again has the bytes of the file.
    ['omit-part=1', 0],
    ['alter-part=1', 0],
    // A part that this file cannot have: it may be the truth, and then nothing must be sent.
    ['invent-part', 8],
  ])('%s: exit %d', async (lie, code) => {
    const place = await halfDone(`list-parts:${lie}`);
    const result = await upload(place);
    expect(result.code, result.stderr).toBe(code);
    if (code !== 0) {
      expect(place.archives()).toEqual([]);
      expect(place.sessions()).toMatchObject([{ phase: 'uploading' }]);
      await place.faults();
      expectArchived(place, await upload(place));
      expect(place.receipts()).toMatchObject([{ parts: { sent: 1, kept: 2 } }]);
    } else expectArchived(place, result);
  });

  test('a part beyond the end of the file is refused: exit 8, nothing sent, the session kept', async () => {
    const place = await servedPlace();
    await place.faults('complete:status=503');
    expect(await upload(place, '--retry-for', '0')).toMatchObject({ code: 5 });
    await place.faults('complete#1:error=InvalidParameterValueException', 'list-parts:invent-part');
    const { code, stderr } = await upload(place);
    expect(code, stderr).toBe(8);
    // Complete was refused, and the upload is listed: it is open.
    expect(place.sessions()).toMatchObject([{ phase: 'uploading' }]);
    await place.faults();
    expectArchived(place, await upload(place));
  });
});

test.each([
  ['list-uploads', 'UploadsList'],
  ['vaults', 'VaultList'],
  ['list-parts --upload-id U', 'Parts'],
  ['inventory --request', 'JobList'],
])('%s: an answer whose %s is no list does not come from Glacier, and is no bug', async (words, field) => {
  const url = await serveHttp((request, reply) => {
    request.resume();
    reply.writeHead(200, { 'Content-Type': 'application/json', 'x-amzn-RequestId': 'r' });
    reply.end(JSON.stringify({ MultipartUploadId: 'U', PartSizeInBytes: 1048576, [field]: 'none' }));
  });
  const place = await servedPlace();
  const vault = words === 'vaults' ? [] : ['--vault', 'v'];
  const where = [...vault, '--endpoint-url', url, '--retry-for', '0'];
  const { code, stderr } = await place.plain([...words.split(' '), ...where]);
  expect(stderr).toContain('does not come from Glacier');
  expect(code).toBe(5);
});

describe('bytes that change on their way', () => {
  test('once, are sent again', async () => {
    const place = await servedPlace();
    const url = await flippingProxy(place.url(), [2]);
    const { code, stderr } = await place.plain(uploadTo(place, url));
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('reading and sending it again');
    expect(place.archives()).toHaveLength(1);
  });

  test('always, are exit 10 with everything kept', async () => {
    const place = await servedPlace();
    const url = await flippingProxy(place.url(), [2, 3, 4, 5, 6, 7, 8]);
    const { code, stderr } = await place.plain(uploadTo(place, url));
    expect(code, stderr).toBe(10);
    expect(place.archives()).toEqual([]);
    expect(place.sessions()).toMatchObject([{ phase: 'uploading' }]);
  });

  test('a service that names another hash for a part once is sent it again; always, it is exit 10', async () => {
    const place = await servedPlace();
    await place.faults('upload-part#2-:wrong-tree-hash');
    expect(await upload(place)).toMatchObject({ code: 10 });
    await place.faults('upload-part#1:wrong-tree-hash');
    expectArchived(place, await upload(place));
  });
});

describe('a service that complains', () => {
  test.each(['ThrottlingException', 'RequestTimeoutException'])(
    'with %s is sent fewer parts at a time, and more again when they get through',
    async (code) => {
      const place = await servedPlace({ sizeBytes: 24 * MiB });
      await place.faults(`upload-part#3-4:error=${code}`);
      const words = ['upload', place.file, '--part-size', '1M', '--concurrency', '3', '--verbose'];
      const result = await place.run(words);
      expectArchived(place, result);
      const widths = [...result.stderr.matchAll(/sending (\d) parts? at a time/g)].map(([, width]) => width);
      expect(widths[0]).toBe('2');
      expect(widths.at(-1)).toBe('3');
    },
  );

  test.each([
    ['AccessDeniedException', 7],
    ['NoLongerSupportedException', 7],
    ['UnrecognizedClientException', 7],
    ['InvalidSignatureException', 7],
    ['LimitExceededException', 1],
    ['InvalidParameterValueException', 1],
    ['MissingParameterValueException', 1],
  ])('for good with %s is not asked again: exit %d', async (code, exitCode) => {
    const place = await servedPlace();
    await place.faults(`upload-part#2:error=${code}`);
    const result = await upload(place, '--verbose');
    expect(result.code, result.stderr).toBe(exitCode);
    expect(result.stderr).not.toContain('again in');
    expect(result.stderr).toContain(code);
    await place.faults();
    expectArchived(place, await upload(place));
  });

  test('refuses a large body before it has come: the refusal is told, not the broken pipe', async () => {
    const place = await servedPlace({ sizeBytes: 64 * MiB });
    const url = await refusingEarly(place.url());
    const words = uploadTo(place, url, '--part-size', '64M', '--retry-for', '30s');
    const { code, stderr } = await place.plain(words);
    expect(code, stderr).toBe(7);
    expect(stderr).toContain('AccessDeniedException');
    expect(stderr).not.toContain('EPIPE');
  });
});

describe('TLS', () => {
  test('with a certificate that nobody vouches for is refused at once, with the cause', async () => {
    const place = await servedPlace();
    let connections = 0;
    const server = createTlsServer(selfSigned(), (_, response) => response.end());
    server.on('connection', () => {
      connections += 1;
    });
    const { port } = await listening(server);
    const words = ['upload', place.file, '--vault', 'v', '--endpoint-url', `https://localhost:${port}`];
    const { code, stderr } = await place.plain(words);
    expect(code, stderr).toBe(7);
    expect(stderr).toMatch(/self-signed certificate/);
    expect(connections).toBe(1);
  });
});

describe('credentials', () => {
  /** A profile whose credential_process gives other keys each time, and counts. */
  function counting(folder: string) {
    const script = join(folder, 'cwd', 'keys.sh');
    const calls = join(folder, 'cwd', 'calls');
    writeFileSync(calls, '');
    writeFileSync(
      script,
      `echo x >> ${calls}\nn=$(wc -l < ${calls})\n` +
        `echo '{"Version":1,"AccessKeyId":"AKIA'$n'","SecretAccessKey":"secret'$n'","SessionToken":"token'$n'"}'\n`,
    );
    const config = join(folder, 'cwd', 'config');
    writeFileSync(config, `[profile nightly]\nregion = eu-west-1\ncredential_process = sh ${script}\n`);
    const env = {
      AWS_CONFIG_FILE: config,
      AWS_PROFILE: 'nightly',
      AWS_ACCESS_KEY_ID: '',
      AWS_SECRET_ACCESS_KEY: '',
    };
    return { env, calls: () => readFileSync(calls, 'utf8').length / 2 };
  }

  async function withServer(faults: string[]) {
    const machine = makeMachine();
    const server = await serveHere({ faults });
    await server.createVault('v');
    const { env, calls } = counting(machine.folder);
    const words = ['upload', machine.file, '--part-size', '1M', '--concurrency', '1', ...server.words('v')];
    return { machine, server, calls, run: () => machine.run(words, { env }) };
  }

  test('that expire in the middle are asked for once more, and the upload goes on', async () => {
    const { machine, server, calls, run } = await withServer(['upload-part#3:error=ExpiredTokenException']);
    const { exitCode, stderr } = await run();
    expect(exitCode, stderr).toBe(0);
    expect(calls()).toBe(2);
    expect(readVault(server.folder, 'v').archives).toHaveLength(1);
    expect(receiptsOf(machine)).toHaveLength(1);
  });

  test('that are expired still are exit 7, with what to do and the session kept', async () => {
    const { machine, calls, run } = await withServer(['upload-part#3-4:error=ExpiredTokenException']);
    const { exitCode, stderr } = await run();
    expect(exitCode, stderr).toBe(7);
    expect(stderr).toMatch(/hint: .*(renew|sso login)/);
    expect(calls()).toBe(2);
    expect(sessionsLeft(machine)).toHaveLength(1);
    expect(await run()).toMatchObject({ exitCode: 0 });
  });

  test('that are missing are exit 7 before any request, naming where they were looked for', async () => {
    const machine = makeMachine();
    const env = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_SESSION_TOKEN: '' };
    const words = ['upload', machine.file, '--vault', 'v', '--endpoint-url', 'http://127.0.0.1:9'];
    const { exitCode, stderr } = await machine.run(words, { env });
    expect(exitCode, stderr).toBe(7);
    expect(stderr).toMatch(/hint: .*--profile/);
  });

  test('no region is exit 7 before any request, naming the option and the variables', async () => {
    const machine = makeMachine();
    const { exitCode, stderr } = await machine.run(['upload', machine.file, '--vault', 'v'], {
      env: { AWS_REGION: '' },
    });
    expect(exitCode, stderr).toBe(7);
    expect(stderr).toMatch(/--region/);
    expect(stderr).toMatch(/AWS_REGION/);
  });
});

const uploadTo = (place: ServedPlace, url: string, ...words: string[]): string[] => [
  ...['upload', place.file, '--vault', 'v', '--endpoint-url', url, '--concurrency', '1'],
  ...(words.length > 0 ? words : ['--part-size', '1M']),
];

let last: Server | undefined;

async function listening(server: Server): Promise<{ port: number }> {
  last = server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => sockets.add(socket));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port };
}

const closeLast = (): Promise<void> => new Promise((resolve) => last?.close(() => resolve()));

/** Passes everything on, and flips a bit in the bodies of these PUT requests, counted from 1. */
async function flippingProxy(target: string, which: readonly number[]): Promise<string> {
  let puts = 0;
  const server = createServer((client) => {
    const upstream = connect(Number(new URL(target).port), '127.0.0.1');
    let bodyToFlip = false;
    client.on('data', (bytes) => {
      const text = bytes.toString('latin1');
      if (text.startsWith('PUT ')) {
        puts += 1;
        bodyToFlip = which.includes(puts);
      }
      const bodyAt = text.startsWith('PUT ') ? text.indexOf('\r\n\r\n') + 4 : 0;
      if (bodyToFlip && bodyAt < bytes.length) {
        bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
        bodyToFlip = false;
      }
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => client.write(bytes));
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('close', () => other.destroy()).on('error', () => other.destroy());
    }
  });
  return `http://127.0.0.1:${(await listening(server)).port}`;
}

const roundTripMs = 50;

/** Passes requests on, but for PUT: refused after their first bytes, and the connection is reset. */
async function refusingEarly(target: string): Promise<string> {
  const body = '{"message":"Access denied","code":"AccessDeniedException","type":"Client"}';
  const refusal =
    `HTTP/1.1 403 Forbidden\r\nx-amzn-RequestId: early\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
  const server = createServer((client) => {
    const upstream = connect(Number(new URL(target).port), '127.0.0.1');
    client.on('error', () => {});
    upstream.on('error', () => {}).on('data', (bytes) => client.write(bytes));
    client.on('close', () => upstream.destroy());
    client.on('data', (bytes) => {
      if (!bytes.toString('latin1').startsWith('PUT ')) {
        upstream.write(bytes);
        return;
      }
      // No more is read; what comes all the same meets a closed door. It comes after a round trip, as from a host far away:
      // then the client waits for room. One that is writing at that moment gets the reset before it can read.
      client.pause();
      setTimeout(() => client.write(refusal, () => client.resetAndDestroy()), roundTripMs);
    });
  });
  return `http://127.0.0.1:${(await listening(server)).port}`;
}

function selfSigned(): { key: Buffer; cert: Buffer } {
  const folder = tempFolder();
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const words = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'];
  execFileSync('openssl', [...words, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { key: readFileSync(key), cert: readFileSync(cert) };
}
