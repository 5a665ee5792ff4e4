/** Thread entry: hashes the ranges it is asked for one after the other, or takes part in a file to its end. */
import { parentPort } from 'node:worker_threads';
import { hashRange } from './hash-range.js';
import type { ThreadReply, ThreadRequest } from './hash-request.js';
import { takeNoMore, takeRanges } from './shared-file.js';

const say = (reply: ThreadReply): void => parentPort?.postMessage(reply);

parentPort?.on('message', (request: ThreadRequest) => {
  if ('range' in request) {
    say({ reply: hashRange(request.range) });
    return;
  }
  const { file } = request;
  for (const { index, start, end } of takeRanges(file)) {
    const reply = hashRange({
      fd: file.fd,
      start,
      end,
      leafBytes: file.leafBytes,
      tree: true,
      linear: false,
    });
    // One failure is enough.
    if (reply.kind !== 'hashed') takeNoMore(file);
    say({ index, reply });
  }
  say({ ended: true });
});
