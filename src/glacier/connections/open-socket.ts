/** Connections whose bytes come in the same memory again and again. */
import { connect, isIP, type Socket } from 'node:net';
import type { Clock } from '../../clock.js';
import { connectFirst } from './connect-first.js';
import type { EndpointAgent, Reading } from './endpoint-agent.js';
import { Openings } from './openings.js';

/** As much as Node itself reads at a time. */
const bufferBytes = 64 * 1024;

export interface Endpoint {
  host: string;
  port: number;
  isTls: boolean;
}

/**
 * Gets the bytes that have come, which are valid during the call only.
 * @returns false when no more should come before the socket is resumed; what has been decrypted already comes all the same
 */
export type OnBytes = (bytes: Buffer) => boolean;

/** @throws the system's error, one of the openings', or the signal's reason */
export type OpenSocket = (
  endpoint: Endpoint,
  onBytes: OnBytes,
  signal: AbortSignal | undefined,
) => Promise<Socket>;

/** @param httpsAgent opens encrypted connections; not needed for others */
export function socketOpener(
  httpsAgent: EndpointAgent | undefined,
  within: { clock: Clock; connectTimeoutMs: number },
): OpenSocket {
  const openings = new Openings(within);
  const { clock } = within;
  return ({ host, port, isTls }, onBytes, signal) => {
    const onread: Reading = {
      buffer: Buffer.allocUnsafeSlow(bufferBytes),
      callback: (sizeBytes, buffer) => onBytes(buffer.subarray(0, sizeBytes)),
    };
    if (isTls) {
      if (httpsAgent === undefined) throw new TypeError('nothing opens encrypted connections');
      return httpsAgent.connect({ host, port, servername: isIP(host) ? '' : host, onread }, signal);
    }
    const open = (address: string): Socket => connect({ host: address, port, onread });
    return openings.open((stop) => connectFirst(host, { clock, signal: stop, open }), signal);
  };
}
