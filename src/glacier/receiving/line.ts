/** A connection on which one request after the other is answered. */
import type { Socket } from 'node:net';
import type { OnBytes } from '../connections/open-socket.js';
import { type Answer, Exchange } from './exchange.js';

/** As Node's own agent has it: a line that has died in silence is noticed while nobody uses it. */
const keepAliveMs = 1000;

export class Line {
  readonly #socket: Socket;
  #exchange: Exchange | null = null;
  #isOpen = true;
  #failure: Error | null = null;

  /** @param open opens the connection @throws what `open` throws */
  static async open(open: (onBytes: OnBytes) => Promise<Socket>): Promise<Line> {
    let line: Line | null = null;
    const socket = await open((bytes) => line?.receive(bytes) ?? false);
    line = new Line(socket);
    return line;
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', (error: Error) => {
      this.#failure = error;
    });
    socket.on('close', () => {
      this.#isOpen = false;
      this.#exchange?.lineHasEnded(this.#failure);
    });
    socket.setKeepAlive(true, keepAliveMs);
    socket.resume();
  }

  /** Whether a request can be made. */
  get isFree(): boolean {
    return this.#isOpen && this.#exchange === null;
  }

  /**
   * Makes a request.
   * @param head all of it
   * @param onFree called when the answer has come and another request can be made
   * @throws as `Exchange` does
   */
  ask(head: string, signal: AbortSignal | undefined, onFree: () => void): Promise<Answer> {
    const line = { resume: () => void this.#socket.resume(), destroy: () => this.destroy() };
    const exchange = new Exchange(line, signal, ({ isReusable }) => {
      this.#exchange = null;
      // A line that nobody uses does not keep the process alive; and its end is noticed only while it is read from.
      this.#socket.unref();
      this.#socket.resume();
      if (isReusable) onFree();
      else this.destroy();
    });
    this.#exchange = exchange;
    if (this.#isOpen) {
      this.#socket.ref();
      this.#socket.write(head, 'latin1');
    } else exchange.lineHasEnded(this.#failure);
    return exchange.answer;
  }

  destroy(): void {
    this.#isOpen = false;
    this.#socket.destroy();
  }

  private receive(bytes: Buffer): boolean {
    if (this.#exchange !== null) return this.#exchange.receive(bytes);
    // Nobody has asked.
    this.destroy();
    return false;
  }
}
