/**
 * A TCP connection to that address of a host which answers first (RFC 8305, "Happy Eyeballs"). Node's own way tries one
 * address after the other and gives each but the last 250 ms, regardless of the connect timeout: a host whose round trip
 * takes longer is never reached when the last of its addresses is dead.
 */
import dns, { type LookupAddress } from 'node:dns';
import type { Socket } from 'node:net';
import type { Clock } from '../../clock.js';

/** So long an address has for itself, before the next one is tried beside it. */
const headStartMs = 250;

interface Attempts {
  clock: Clock;
  /** Ends all of them. */
  signal: AbortSignal;
  /** Begins to connect to an address. */
  open(address: string): Socket;
}

/** @throws the system's error when no address answers, or the signal's reason */
export async function connectFirst(host: string, attempts: Attempts): Promise<Socket> {
  const addresses = byTurns(await lookup(host));
  attempts.signal.throwIfAborted();
  return race(addresses, attempts);
}

function lookup(host: string): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) => {
    dns.lookup(host, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses)));
  });
}

/** One of each family in turn, beginning with the one that the system prefers. */
function byTurns(addresses: readonly LookupAddress[]): LookupAddress[] {
  const preferred = addresses.filter(({ family }) => family === addresses[0]?.family);
  const others = addresses.filter(({ family }) => family !== addresses[0]?.family);
  const pairs = Array.from({ length: addresses.length }, (_, index) => [preferred[index], others[index]]);
  return pairs.flat().filter((address) => address !== undefined);
}

function race(
  addresses: readonly LookupAddress[],
  { clock, signal, open: begin }: Attempts,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const line = [...addresses];
    const open = new Set<Socket>();
    const failures: Error[] = [];
    let endHeadStart: () => void = () => {};

    const end = (winner: Socket | null): void => {
      endHeadStart();
      signal.removeEventListener('abort', onAbort);
      for (const socket of open) if (socket !== winner) socket.destroy();
    };
    const onAbort = (): void => {
      end(null);
      reject(signal.reason);
    };
    const tryNext = (): void => {
      endHeadStart();
      const next = line.shift();
      if (next === undefined) {
        if (open.size > 0) return;
        end(null);
        reject(tellingFailure(failures));
        return;
      }
      const socket = begin(next.address);
      const onError = (error: Error): void => {
        open.delete(socket);
        failures.push(error);
        tryNext();
      };
      open.add(socket);
      socket.once('error', onError);
      socket.once('connect', () => {
        socket.off('error', onError);
        // Of an option with that meaning TLS takes no notice before Node 24.
        socket.setNoDelay(true);
        end(socket);
        resolve(socket);
      });
      if (line.length > 0) endHeadStart = clock.after(headStartMs, tryNext);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    tryNext();
  });
}

/**
 * The failure that says most: that of a host which answered before that of one which did not; and a family that this machine
 * does not speak at all says nothing of the host.
 */
export function tellingFailure(failures: readonly Error[]): Error | undefined {
  const saysLittle = (error: Error): number => {
    const code = 'code' in error ? String(error.code) : '';
    if (['ECONNREFUSED', 'ECONNRESET'].includes(code)) return 0;
    return ['ENETUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(code) ? 2 : 1;
  };
  return failures.toSorted((one, other) => saysLittle(one) - saysLittle(other))[0];
}
