/** The bytes of a connection read as the answer to one request (RFC 9112). */
import { HTTPParser } from 'http-parser-js';

export interface AnswerHead {
  statusCode: number;
  /** By name in lower case; several of one name are joined by commas. */
  headers: Record<string, string>;
}

export interface AnswerEvents {
  onHead(head: AnswerHead): void;
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

/** A parser for one answer. It hands on the memory that it is given: Node's own copies each piece of a body into new memory. */
export function answerParser({ onHead, onBody, onEnd }: AnswerEvents): AnswerParser {
  const parser = new HTTPParser(HTTPParser.RESPONSE);
  let isInterim = false;
  let isOver = false;
  let isReusable = false;
  parser[HTTPParser.kOnHeadersComplete] = ({ statusCode, headers, shouldKeepAlive }) => {
    if (isOver) throw parseError('HPE_CLOSED_CONNECTION', 'there is more than one answer');
    // 100 and 103 precede the answer (RFC 9110, section 15.2).
    isInterim = statusCode < 200;
    if (isInterim) return;
    const head = { statusCode, headers: byName(headers) };
    assertFraming(head.headers);
    isReusable = shouldKeepAlive;
    onHead(head);
  };
  parser[HTTPParser.kOnBody] = (bytes, start, sizeBytes) => onBody(bytes.subarray(start, start + sizeBytes));
  parser[HTTPParser.kOnMessageComplete] = () => {
    if (isInterim) return;
    isOver = true;
    onEnd(isReusable);
  };
  return {
    read: (bytes) => {
      const result = parser.execute(bytes);
      if (!(result instanceof Error)) return;
      throw 'code' in result ? result : parseError('HPE_INTERNAL', result.message);
    },
    end: () => {
      if (!isOver && parser.finish() instanceof Error) throw cut();
    },
  };
}

function byName(flat: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let index = 0; index + 1 < flat.length; index += 2) {
    const name = String(flat[index]).toLowerCase();
    const value = String(flat[index + 1]);
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  return headers;
}

/** The parser takes any number for a length, and any encoding that it does not know for none. */
function assertFraming(headers: Record<string, string>): void {
  const { 'content-length': length = '0', 'transfer-encoding': encoding = 'chunked' } = headers;
  if (!/^\d+(, \d+)*$/.test(length)) {
    throw parseError('HPE_INVALID_CONTENT_LENGTH', 'Content-Length is no number');
  }
  if (encoding.toLowerCase() !== 'chunked') {
    throw parseError('HPE_INVALID_TRANSFER_ENCODING', 'the body comes in an encoding that is not known');
  }
}

/** As Node has it. */
function cut(): Error {
  return Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
}

function parseError(code: string, message: string): Error {
  return Object.assign(new Error(`Parse Error: ${message}`), { code });
}
