/** Uploads over a slow line, as a user sees them. */
import { request as httpRequest } from 'node:http';
import { describe, expect, test } from 'vitest';
import { MiB } from '../helpers/bytes.js';
import { serveHttp } from '../helpers/network.js';
import { jsonLines, sha256Of } from '../helpers/place.js';
import { makeServedPlace, type ServedPlace } from '../helpers/served-place.js';

interface Shared {
  url: string;
  /** The most parts that were under way at a time. */
  most: number;
}

/**
 * In front of a vault, a line that carries one part at a time soon enough: one that had company is refused as the
 * service refuses what took too long, with its own clock, which agrees with that of this machine.
 */
async function sharedLine({ url: upstream, clock }: ServedPlace, isTooSlow: boolean): Promise<Shared> {
  let inFlight = 0;
  const shared: Shared = { url: '', most: 0 };
  shared.url = await serveHttp(async (incoming, reply) => {
    const { method, url, headers } = incoming;
    const isPart = method === 'PUT' && url?.includes('/multipart-uploads/') === true;
    const pieces: Buffer[] = [];
    let hadCompany = false;
    if (isPart) inFlight += 1;
    for await (const piece of incoming) {
      hadCompany ||= inFlight > 1;
      pieces.push(piece);
    }
    if (isPart) {
      // Long enough for others to come, if they may.
      for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setTimeout(resolve, 2));
      hadCompany ||= inFlight > 1;
      shared.most = Math.max(shared.most, inFlight);
      inFlight -= 1;
    }
    if (isPart && hadCompany && isTooSlow) {
      const code = 'InvalidSignatureException';
      const message = 'Signature expired: 20260101T120000Z is now earlier than 20260101T121500Z';
      reply.writeHead(403, {
        'content-type': 'application/json',
        'x-amzn-requestid': 'r',
        date: new Date(clock.now()).toUTCString(),
      });
      reply.end(JSON.stringify({ code, message, type: 'Client' }));
      return;
    }
    const { host } = new URL(upstream());
    const forward = httpRequest(
      `${upstream()}${url}`,
      { method, headers: { ...headers, host } },
      (answer) => {
        reply.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(reply);
      },
    );
    forward.end(Buffer.concat(pieces));
  });
  return shared;
}

describe('parts that the service refuses because their signature has expired on the way', () => {
  test('with a clock that agrees are sent fewer at a time, until they get through', async () => {
    const place = await makeServedPlace(6 * MiB);
    const { url } = await sharedLine(place, true);
    const { code, stderr } = await place.run(['upload', place.file, '--part-size', '1M', '--verbose'], {
      env: { AWS_ENDPOINT_URL_GLACIER: url },
    });
    expect(stderr).toContain('the part arrived too slowly');
    expect(stderr).toContain('sending 1 part at a time');
    expect(stderr).not.toContain('clock');
    expect(code).toBe(0);
    expect(place.archives()).toEqual([sha256Of(place.file)]);
  });
});

describe('upload --limit-rate', () => {
  test('of a line that is slow has parts that get through in time, one after the other', async () => {
    const place = await makeServedPlace(96 * MiB);
    const shared = await sharedLine(place, false);
    const env = { AWS_ENDPOINT_URL_GLACIER: shared.url };
    const upload = ['upload', place.file, '--limit-rate', '50K'];
    const plan = await place.run([...upload, '--dry-run', '--json'], { env });
    expect(jsonLines(plan)[0]).toMatchObject({ partSizeBytes: 8 * MiB, parts: { total: 12 } });
    const { code, stdout } = await place.run([...upload, '--json'], { env });
    expect(code).toBe(0);
    expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({
      partSizeBytes: 8 * MiB,
      parts: { sent: 12 },
    });
    expect(shared.most).toBe(1);
    expect(place.archives()).toEqual([sha256Of(place.file)]);
  });

  test.each<[string, string[], number]>([
    ['a part size that is given', ['--part-size', '16M'], 16],
    ['a limit that is no limit', ['--limit-rate', '100M'], 16],
  ])('leaves %s as it is', async (_what, words, expectedMiB) => {
    const place = await makeServedPlace(MiB);
    const upload = ['upload', place.file, '--dry-run', '--json', '--limit-rate', '50K', ...words];
    expect(jsonLines(await place.run(upload))[0]).toMatchObject({ partSizeBytes: expectedMiB * MiB });
  });
});
