/**
 * A shorter path through the SDK. It puts its middleware together for every request, and some of it does nothing for us:
 * of a small request that is a third of the CPU.
 */
import type { GlacierClient, GlacierClientConfig } from '@aws-sdk/client-glacier';

/** The client must be made with this: its middleware is put together once for each operation. */
export const shortPathConfig: GlacierClientConfig = { cacheMiddleware: true };

/** Middleware that the requests of an operation share knows none of their signals: each is found by its input. */
const signals = new WeakMap<object, AbortSignal>();

/** Takes out of a client's middleware what is done elsewhere or for nobody, and has it end where the signals are found. */
export function shortenPath({ middlewareStack, config: { requestHandler } }: GlacierClient): void {
  middlewareStack.remove('loggerMiddleware');
  // Retries belong to `retrying-vault.ts`. It cannot be removed: other middleware is placed beside it.
  middlewareStack.add((next) => next, {
    name: 'retryMiddleware',
    step: 'finalizeRequest',
    priority: 'high',
    override: true,
  });
  middlewareStack.add(
    () => async (args) => {
      const abortSignal = signals.get(args.input);
      return requestHandler.handle(args.request as Request, abortSignal && { abortSignal });
    },
    { name: 'sendMiddleware', step: 'deserialize', priority: 'low' },
  );
}

type Request = Parameters<GlacierClient['config']['requestHandler']['handle']>[0];

/** What sends commands over the short path; the signal is given as to the client itself. */
export type Sender = Pick<GlacierClient, 'send'>;

/** A client whose commands take the short path, with their signals. */
export function senderOf(client: GlacierClient): Sender {
  const send = (command: Command, { abortSignal }: { abortSignal: AbortSignal }) => {
    signals.set(command.input, abortSignal);
    return client.send(command);
  };
  return { send: send as GlacierClient['send'] };
}

type Command = Parameters<GlacierClient['send']>[0];
