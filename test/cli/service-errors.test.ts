/** Every error of the service, as its user meets it: through the real SDK, from the embedded vault's fault rules. */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type ServiceErrorCode, serviceErrorCodes } from '../../src/server/errors.js';
import { startVaultServer } from '../../src/server/index.js';
import { makePlace } from '../helpers/place.js';

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'any');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'any');
});
afterEach(() => void vi.unstubAllEnvs());

/** What `list-uploads` of vault `demo` says when the endpoint is this one. */
async function askAt(url: string, ...words: string[]) {
  const where = ['--vault', 'demo', '--endpoint-url', url, '--region', 'eu-west-1', '--retry-for', '0'];
  const { code, stderr } = await makePlace().plain(['list-uploads', ...where, ...words]);
  const [message = '', hint = '', ...rest] = stderr.trimEnd().split('\n');
  expect(rest).toEqual([]);
  return { code, message, hint };
}

async function askWithFault(fault: string, ...words: string[]) {
  const { vaultFolder, makeVault } = makePlace();
  await makeVault();
  const server = await startVaultServer({ dir: vaultFolder, faults: [fault] });
  onTestFinished(() => server.close());
  return { ...(await askAt(server.url, ...words)), url: server.url };
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const table: Record<ServiceErrorCode, [exitCode: number, says: string, hint: string]> = {
  AccessDeniedException: [
    7,
    'not allowed: glacier:ListMultipartUploads on arn:aws:glacier:eu-west-1:*:vaults/demo: Access denied',
    'allow glacier:ListMultipartUploads in the IAM policy of these credentials',
  ],
  BadRequest: [1, 'the service cannot process the request', '--endpoint-url'],
  ExpiredTokenException: [7, 'the session token of these credentials has expired', 'aws sso login'],
  InsufficientCapacityException: [5, 'there is no capacity for expedited retrievals', 'Standard'],
  InvalidParameterValueException: [1, 'the service found the request wrong', '--debug'],
  InvalidSignatureException: [7, 'the signature is not the one', 'secret access key'],
  LimitExceededException: [1, 'a limit of the account is reached', '1,000 vaults'],
  MissingAuthenticationTokenException: [7, 'the request arrived without its signature', 'Authorization'],
  MissingParameterValueException: [1, 'something that this program sends did not arrive', 'proxy'],
  NoLongerSupportedException: [
    7,
    'AWS has closed vaults to this account: since 15 December 2025',
    'S3 Glacier storage classes',
  ],
  PolicyEnforcedException: [7, "the account's data retrieval policy", 'get-data-retrieval-policy'],
  RequestTimeoutException: [5, 'the part arrived too slowly', '--concurrency'],
  ResourceNotFoundException: [
    8,
    'vault demo was not found in region eu-west-1, the account of the credentials, at http://127.0.0.1:',
    'check the spelling of --vault',
  ],
  SerializationException: [1, 'the service could not read the request', 'proxy'],
  ServiceUnavailableException: [5, 'the service cannot answer at the moment', 'run the same command again'],
  ThrottlingException: [5, 'too many requests', '--concurrency'],
  UnrecognizedClientException: [
    7,
    'AWS does not know the access key of these credentials',
    'AWS_SESSION_TOKEN',
  ],
};

test('the table below has every code of the service', () => {
  expect(Object.keys(table).sort()).toEqual([...serviceErrorCodes].sort());
});

test.each(Object.entries(table))('%s: exit %j', async (serviceCode, [exitCode, says, hintPart]) => {
  const { code, message, hint } = await askWithFault(`list-uploads:error=${serviceCode}`);
  expect(message).toContain(`glacier-up: list-uploads: ${says}`);
  expect(message).toMatch(new RegExp(`\\(${serviceCode}, request ID [\\w-]+\\)`));
  expect(hint).toMatch(/^hint: /);
  expect(hint).toContain(hintPart);
  expect(code).toBe(exitCode);
});

test('with --json the request that failed is told in fields', async () => {
  const { vaultFolder, makeVault, plain } = makePlace();
  await makeVault();
  const server = await startVaultServer({ dir: vaultFolder, faults: ['*:error=AccessDeniedException'] });
  onTestFinished(() => server.close());
  const where = ['--vault', 'demo', '--endpoint-url', server.url, '--region', 'eu-west-1'];
  const { stderr } = await plain(['list-uploads', ...where, '--json']);
  expect(JSON.parse(stderr)).toMatchObject({
    code: 'access-denied',
    exitCode: 7,
    service: {
      operation: 'ListMultipartUploads',
      code: 'AccessDeniedException',
      httpStatus: 403,
      requestId: expect.stringMatching(/^[\w-]{40,}$/),
    },
  });
});

test('a vault that is not there: region, account number, and the likely slips', async () => {
  const { message, hint, code } = await askWithFault('complete:delay=0s', '--vault', 'phtos');
  expect(message).toContain('vault phtos was not found in region eu-west-1, account 111122223333');
  expect(hint).toContain(
    'another region (--region) or account (--profile, --account-id), or spelled otherwise',
  );
  expect(code).toBe(8);
});

test.each([
  ['+1h', 'behind'],
  ['-10m', 'ahead of'],
])('a clock %s from the service is measured, and both times are told', async (skew, direction) => {
  const { message, hint, code } = await askWithFault(`list-uploads:skew=${skew}`);
  expect(message).toMatch(
    new RegExp(
      `clock is (1 h|59 min|10 min|9 min)[ \\dmins]* ${direction} the service's: \\S+Z here, \\S+Z there`,
    ),
  );
  expect(hint).toContain('5 minutes');
  expect(code).toBe(7);
});

test('an S3 endpoint set by mistake is named as such', async () => {
  const body =
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message></Error>';
  const url = await serve((request, reply) => {
    request.resume();
    reply
      .writeHead(404, { 'Content-Type': 'application/xml', Server: 'AmazonS3', 'x-amz-id-2': 'x' })
      .end(body);
  });
  const { message, hint, code } = await askAt(url);
  expect(message).toContain(`${url} answers as Amazon S3 does (HTTP 404), which knows no vaults`);
  expect(hint).toContain('https://glacier.eu-west-1.amazonaws.com');
  expect(code).toBe(7);
});

describe('without an answer', () => {
  test('a host that no name server knows', async () => {
    const { message, hint, code } = await askAt('https://nowhere.invalid');
    expect(message).toMatch(
      /at https:\/\/nowhere\.invalid: (no such host is known|the name server does not answer)/,
    );
    expect(hint).toContain('this machine is online');
    expect(code).toBe(5);
  });

  test('a port on which nothing listens', async () => {
    const url = await serve(() => {});
    // Freed again: nobody listens there now.
    const { port } = new URL(url);
    const { message, hint, code } = await askAt(`http://127.0.0.1:${Number(port) === 1 ? 2 : 1}`);
    expect(message).toContain('nothing listens there (connect ECONNREFUSED');
    expect(hint).toContain('host and port of the endpoint');
    expect(code).toBe(5);
  });

  test('a connection that is cut', async () => {
    const url = await serve((request) => void request.socket.destroy());
    const { message, code } = await askAt(url);
    expect(message).toContain('the connection was cut');
    expect(code).toBe(5);
  });
});
