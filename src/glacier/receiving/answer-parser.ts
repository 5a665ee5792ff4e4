/** The bytes of a connection read as the answer to one request (RFC 9112). */
import { HTTPParser } from 'http-parser-js';

export interface AnswerHead {
  statusCode: number;
  /** By name in lower case; several of one name are joined by commas. */
  headers: Record<string, string>;
}

export interface AnswerEvents {
  /** @param sizeBytes of the body, as Content-Length has it; null when it is not said */
  onHead(head: AnswerHead, sizeBytes: number | null): void;
  /** @param bytes valid during the call only */
  onBody(bytes: Buffer): void;
  /** Called once, behind the last byte. @param isReusable another request may follow on the same connection */
  onEnd(isReusable: boolean): void;
}

/** Every method throws an error with a `code`, as Node's own parser has them, for what is no answer. */
export interface AnswerParser {
  read(bytes: Buffer): void;
  /** The connection has ended, which is the end of an answer that does not say how long it is; else `ECONNRESET`. */
  end(): void;
}

/** So much may come in a row that is no body: interim answers, chunk sizes, trailers. The parser itself limits heads only. */
const mostFramingBytes = 256 * 1024;

/** A parser for one answer. It hands on the memory that it is given: Node's own copies each piece of a body into new memory. */
export function answerParser({ onHead, onBody, onEnd }: AnswerEvents): AnswerParser {
  const parser = new HTTPParser(HTTPParser.RESPONSE);
  let hasHead = false;
  let isInterim = false;
  let isOver = false;
  let isReusable = false;
  let framingBytes = 0;
  /** Where what is being read ends, and where the last of the body was found in it. */
  let [readEnd, bodyEnd] = [0, 0];
  let sizeBytes: number | null = null;
  parser[HTTPParser.kOnHeadersComplete] = ({ statusCode, headers, shouldKeepAlive }) => {
    if (isOver) throw parseError('HPE_CLOSED_CONNECTION', 'there is more than one answer');
    if (statusCode === 101) throw parseError('HPE_INVALID_STATUS', 'another protocol is offered');
    // 100 and 103 precede the answer (RFC 9110, section 15.2).
    isInterim = statusCode < 200;
    if (isInterim) return;
    hasHead = true;
    isReusable = shouldKeepAlive;
    // These have no body, also when they say how long it would be (RFC 9112, section 6.3).
    const hasNone = statusCode === 204 || statusCode === 304;
    sizeBytes = hasNone ? 0 : lengthIn(headers);
    onHead({ statusCode, headers: byName(headers) }, sizeBytes);
    return hasNone ? 1 : undefined;
  };
  parser[HTTPParser.kOnBody] = (bytes, start, length) => {
    // The parser takes a chunk size for any number.
    if (length < 0) throw parseError('HPE_INVALID_CHUNK_SIZE', 'a chunk has no size');
    framingBytes = 0;
    const piece = bytes.subarray(start, start + length);
    bodyEnd = piece.byteOffset + length;
    onBody(piece);
  };
  parser[HTTPParser.kOnMessageComplete] = () => {
    if (isInterim) return;
    isOver = true;
    // Bytes behind it that are no answer would otherwise pass unseen.
    onEnd(isReusable && (!sizeBytes || bodyEnd === readEnd));
  };
  return {
    read: (bytes) => {
      readEnd = bytes.byteOffset + bytes.length;
      framingBytes += bytes.length;
      const result = parser.execute(bytes);
      if (result instanceof Error) throw told(result);
      if (framingBytes > mostFramingBytes)
        throw parseError('HPE_HEADER_OVERFLOW', 'nothing comes but headers');
    },
    end: () => {
      if (!isOver && parser.finish() instanceof Error) throw cut(hasHead);
    },
  };
}

function byName(flat: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of pairs(flat)) {
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  return headers;
}

function pairs(flat: readonly string[]): [name: string, value: string][] {
  return Array.from({ length: flat.length / 2 }, (_, index) => [
    String(flat[2 * index]).toLowerCase(),
    String(flat[2 * index + 1]),
  ]);
}

/**
 * How long the body is, as the answer says it; null: it does not. The parser takes any number for a length, and any encoding
 * that it does not know for none.
 */
function lengthIn(flat: readonly string[]): number | null {
  const valuesOf = (wanted: string): string[] =>
    pairs(flat).flatMap(([name, value]) => (name === wanted ? [value] : []));
  const lengths = valuesOf('content-length');
  const encodings = valuesOf('transfer-encoding');
  if (lengths.some((length) => !/^\d{1,15}$/.test(length)) || (lengths.length > 0 && encodings.length > 0)) {
    throw parseError('HPE_INVALID_CONTENT_LENGTH', 'how long the body is cannot be told');
  }
  if (encodings.length > 1 || encodings.some((encoding) => encoding.toLowerCase() !== 'chunked')) {
    throw parseError('HPE_INVALID_TRANSFER_ENCODING', 'the body comes in an encoding that is not known');
  }
  return lengths[0] === undefined ? null : Number(lengths[0]);
}

/** As Node has it. */
function cut(hasHead: boolean): Error {
  return Object.assign(new Error(hasHead ? 'aborted' : 'socket hang up'), { code: 'ECONNRESET' });
}

/** What the parser throws says little, and only some of it has a code. */
function told(error: Error & { code?: string }): Error {
  return parseError(error.code ?? 'HPE_INTERNAL', error.code ? 'what came is not HTTP' : error.message);
}

function parseError(code: string, message: string): Error {
  return Object.assign(new Error(`Parse Error: ${message}`), { code });
}
