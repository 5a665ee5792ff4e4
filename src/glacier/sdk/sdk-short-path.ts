/**
 * A shorter path through the SDK. For every request its middleware works out again what all requests of an operation have
 * in common: endpoint, kind of signature, user agent; of a small request that is most of the CPU. So it does that for the
 * first request of each operation. What it has found is kept, and the requests that follow go straight through the same
 * parts of the SDK: serializer, signer, HTTP handler, deserializer.
 */
import { GetJobOutputCommand, type GlacierClient, type GlacierClientConfig } from '@aws-sdk/client-glacier';
import type { Receiver } from '../receiving/receiver.js';

/** The client must be made with this: it puts its middleware together once for each operation. */
export const shortPathConfig: GlacierClientConfig = { cacheMiddleware: true };

/** What sends commands; the signal is given as to the client itself. */
export type Sender = Pick<GlacierClient, 'send'>;

type Command = Parameters<GlacierClient['send']>[0];
type Config = GlacierClient['config'];
type Request = Parameters<Config['requestHandler']['handle']>[0];
type Response = Awaited<ReturnType<Config['requestHandler']['handle']>>['response'];

/** The parts of the SDK that its own types leave open. */
interface Protocol {
  serializeRequest(operation: Operation, input: object, context: object): Promise<Request>;
  deserializeResponse(operation: Operation, context: object, response: Response): Promise<object>;
}

interface Operation {
  namespace: string;
  name: string;
  traits: unknown;
  input: unknown;
  output: unknown;
}

interface Signer {
  sign(request: Request, identity: object, properties: object): Promise<Request>;
  /** Learns from a failure how far this machine's clock is off, and throws it. */
  errorHandler(properties: object): (error: unknown) => never;
  successHandler(response: Response, properties: object): void;
}

/** What middleware finds out for its request. */
interface Context {
  endpointV2: { url: URL };
  __smithy_context: {
    operationSchema: [unknown, string, string, unknown, unknown, unknown];
    selectedHttpAuthScheme: { httpAuthOption: { signingProperties: object }; signer: Signer };
  };
}

/** Makes a request and gives the head of the answer. */
type Handler = Pick<Config['requestHandler'], 'handle'>;

/** What the requests of an operation have in common. */
interface Common {
  readonly handler: Handler;
  readonly operation: Operation;
  /** For serializer and deserializer. */
  readonly context: object;
  readonly headers: Record<string, string>;
  readonly signer: Signer;
  readonly signingProperties: object;
}

/** Those that middleware adds, and that are the same for each request. */
const commonHeaders = ['host', 'user-agent', 'x-amz-user-agent', 'x-amz-glacier-version'];

/** The request of a command on the long path, by its input: the middleware that requests share knows only that. */
interface OnItsWay {
  readonly command: Command;
  readonly abortSignal: AbortSignal;
}

/** Has a client's commands take the short path, each with its own signal. @param receiver of answers with large bodies */
export function senderOf(client: GlacierClient, receiver: Receiver): Sender {
  const { config } = client;
  const known = new Map<unknown, Common>();
  const onLongPath = new WeakMap<object, OnItsWay>();
  shortenMiddleware(client, async ({ input, request }, context) => {
    const { command, abortSignal } = onLongPath.get(input) ?? {};
    const handler = command instanceof GetJobOutputCommand ? (receiver as Handler) : config.requestHandler;
    if (command !== undefined) known.set(command.constructor, commonOf(config, handler, context, request));
    return answerTo(handler, request, abortSignal);
  });
  keepSigner(config);
  const send = (command: Command, { abortSignal }: { abortSignal: AbortSignal }): Promise<object> => {
    const common = known.get(command.constructor);
    if (common !== undefined) return sendStraight(config, common, command.input, abortSignal);
    onLongPath.set(command.input, { command, abortSignal });
    return client.send(command);
  };
  return { send: send as GlacierClient['send'] };
}

/** Takes out of a client's middleware what is done elsewhere or for nobody, and has it end where the signals are found. */
function shortenMiddleware(
  { middlewareStack }: GlacierClient,
  send: (args: { input: object; request: Request }, context: Context) => Promise<{ response: Response }>,
): void {
  middlewareStack.remove('loggerMiddleware');
  // Retries belong to `retrying-vault.ts`. It cannot be removed: other middleware is placed beside it.
  middlewareStack.add((next) => next, {
    name: 'retryMiddleware',
    step: 'finalizeRequest',
    priority: 'high',
    override: true,
  });
  middlewareStack.add(
    (_next, context) => (args) =>
      send({ input: args.input, request: args.request as Request }, context as unknown as Context),
    { name: 'sendMiddleware', step: 'deserialize', priority: 'low' },
  );
}

/** The SDK makes a signer for every request; it asks for the credentials each time that it signs. */
function keepSigner(config: Config): void {
  const makeSigner = config.signer;
  let signer: ReturnType<typeof makeSigner> | undefined;
  config.signer = (authScheme) => {
    signer ??= makeSigner(authScheme);
    return signer;
  };
}

function commonOf(config: Config, handler: Handler, context: Context, request: Request): Common {
  const { operationSchema, selectedHttpAuthScheme } = context.__smithy_context;
  const [, namespace, name, traits, input, output] = operationSchema;
  const { protocol, hostname, port, pathname } = context.endpointV2.url;
  const endpoint = {
    protocol,
    hostname,
    path: pathname,
    ...(port === '' ? {} : { port: Number(port) }),
  };
  return {
    handler,
    operation: { namespace, name, traits, input, output },
    context: { ...config, ...context, endpoint: async () => endpoint },
    headers: Object.fromEntries(
      commonHeaders.flatMap((header) => {
        const value = request.headers[header];
        return value === undefined ? [] : [[header, value]];
      }),
    ),
    signer: selectedHttpAuthScheme.signer,
    signingProperties: selectedHttpAuthScheme.httpAuthOption.signingProperties,
  };
}

async function sendStraight(
  config: Config,
  { handler, operation, context, headers, signer, signingProperties }: Common,
  input: object,
  abortSignal: AbortSignal,
): Promise<object> {
  const protocol = config.protocol as unknown as Protocol;
  const request = await protocol.serializeRequest(operation, input, context);
  Object.assign(request.headers, headers);
  await describeBody(config, request);
  // The signer notes in them when it signed.
  const properties = { ...signingProperties };
  const signed = await signer.sign(request, await config.credentials(), properties);
  try {
    const { response } = await answerTo(handler, signed, abortSignal);
    const output = await deserialized(protocol, operation, context, response);
    signer.successHandler(response, properties);
    return output;
  } catch (error) {
    return signer.errorHandler(properties)(error);
  }
}

/**
 * The SDK signs by the clock of whoever answered last, as its Date has it. A proxy's page is not to set that: its clock may be
 * off, and the service would refuse what comes next.
 */
async function answerTo(
  handler: Handler,
  request: Request,
  abortSignal: AbortSignal | undefined,
): Promise<{ response: Response }> {
  const answer = await handler.handle(request, abortSignal && { abortSignal });
  const { headers } = answer.response;
  // Every answer of the service has one (API reference, "Common Response Headers").
  if (headers['x-amzn-requestid'] === undefined) delete headers.date;
  return answer;
}

/** Content-Length and the two hashes, for a request that has a body. */
async function describeBody(config: Config, request: Request): Promise<void> {
  const { headers, body } = request;
  if (!body) return;
  const length = config.bodyLengthChecker(body);
  if (length !== undefined) headers['content-length'] ??= String(length);
  const [sha256, treeHash] = await config.bodyChecksumGenerator(request as never, config);
  if (sha256) headers['x-amz-content-sha256'] ??= sha256;
  if (treeHash) headers['x-amz-sha256-tree-hash'] ??= treeHash;
}

/** What cannot be read of an answer, or is a refusal, is thrown with the answer, as the SDK does it. */
async function deserialized(
  protocol: Protocol,
  operation: Operation,
  context: object,
  response: Response,
): Promise<object> {
  try {
    return await protocol.deserializeResponse(operation, context, response);
  } catch (error) {
    throw Object.defineProperty(Object(error), '$response', { value: response });
  }
}
