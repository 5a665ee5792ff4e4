/**
 * A long, narrow link in front of a server: TARGET_URL BYTES_PER_SECOND ROUND_TRIP_MS.
 *
 * All connections share the rate upwards. Over a distance each also has a congestion window, as Linux would give it:
 * ten segments at first and after a silence, growing by what is acknowledged, and never beyond what the receiver's
 * buffers take. Without it the loopback behind this process would make the distance look harmless.
 */
import { connect, createServer } from 'node:net';

const [targetUrl, rateText, roundTripText] = process.argv.slice(2);
const target = new URL(targetUrl);
const bytesPerMs = Number(rateText) / 1000;
const roundTripMs = Number(roundTripText);

const firstWindowBytes = 10 * 1460;
/** Of Linux's default 6 MiB of receive buffer (tcp_rmem) half is window. */
const largestWindowBytes = 3 * 1024 * 1024;
/** A sender silent for longer begins with a small window again (tcp_slow_start_after_idle). */
const silenceMs = roundTripMs + 200;
/** What waits before the narrow place, in time. */
const routerBufferMs = 25;

/** When the narrow place has sent all that was given to it. */
let freeAtMs = 0;

/** Runs actions at their times and in their order, which timers of their own would not keep. */
function inOrder() {
  const line = [];
  let isWaiting = false;
  const pump = () => {
    while (line.length > 0 && line[0].atMs <= performance.now()) line.shift().action();
    isWaiting = line.length > 0;
    if (isWaiting) setTimeout(pump, line[0].atMs - performance.now());
  };
  return (atMs, action) => {
    line.push({ atMs, action });
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(pump, atMs - performance.now());
  };
}

createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
  const far = connect({
    host: target.hostname,
    port: Number(target.port),
    noDelay: true,
    allowHalfOpen: true,
  });
  const end = () => {
    near.destroy();
    far.destroy();
  };
  near.on('error', end);
  far.on('error', end);
  near.on('close', end);
  carryUp(near, far);
  // Replies are short: only the way delays them.
  const down = inOrder();
  far.on('data', (bytes) => down(performance.now() + roundTripMs / 2, () => near.write(bytes)));
  far.on('end', () => down(performance.now() + roundTripMs / 2, () => near.end()));
}).listen(0, '127.0.0.1', function () {
  process.stdout.write(`http://127.0.0.1:${this.address().port}\n`);
});

function carryUp(near, far) {
  let isOpen = roundTripMs === 0;
  let windowBytes = roundTripMs > 0 ? firstWindowBytes : Infinity;
  let unacknowledged = 0;
  let lastSentMs = performance.now();
  const line = [];
  const arrive = inOrder();
  const acknowledge = inOrder();

  const drain = () => {
    if (!isOpen) return;
    const nowMs = performance.now();
    if (roundTripMs > 0 && unacknowledged === 0 && nowMs - lastSentMs > silenceMs)
      windowBytes = firstWindowBytes;
    while (line.length > 0 && unacknowledged < windowBytes && freeAtMs - nowMs < routerBufferMs) {
      const bytes = line[0].subarray(0, windowBytes - unacknowledged);
      if (bytes.length === line[0].length) line.shift();
      else line[0] = line[0].subarray(bytes.length);
      send(bytes, nowMs);
    }
    if (line.length > 0 && unacknowledged < windowBytes)
      setTimeout(drain, freeAtMs - nowMs - routerBufferMs / 2);
    if (line.length === 0) near.resume();
  };

  const send = (bytes, nowMs) => {
    freeAtMs = Math.max(freeAtMs, nowMs) + bytes.length / bytesPerMs;
    lastSentMs = freeAtMs;
    unacknowledged += bytes.length;
    arrive(freeAtMs + roundTripMs / 2, () => far.write(bytes));
    acknowledge(freeAtMs + roundTripMs, () => {
      unacknowledged -= bytes.length;
      windowBytes = Math.min(windowBytes + bytes.length, Math.max(largestWindowBytes, windowBytes));
      drain();
    });
  };

  // The handshake takes one round trip; here `near` was accepted at once.
  setTimeout(() => {
    isOpen = true;
    drain();
  }, roundTripMs);

  near.on('data', (bytes) => {
    line.push(bytes);
    near.pause();
    drain();
  });
  near.on('end', () => arrive(freeAtMs + roundTripMs / 2, () => far.end()));
}
