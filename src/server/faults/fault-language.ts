import { type ServiceErrorCode, serviceErrorCodes } from '../errors.js';
import { type Operation, operations } from '../requests/operations.js';
import { VaultServerError } from '../server-error.js';

/*
 * A fault rule says to which requests what happens:
 *
 *   OPERATION[#WHICH]:ACTION[=VALUE][@BYTES]
 *
 * WHICH counts the requests of that operation from 1: `2`, `3-5`, `4-` or `*`, the default. docs/embedded-vault.md
 * describes the actions.
 */

export interface FaultRule {
  readonly text: string;
  readonly operation: Operation | '*';
  readonly first: number;
  readonly last: number;
  readonly action: FaultAction;
  /** Bytes, milliseconds, a status or a count, as the action has it. */
  readonly number: number;
  readonly code: ServiceErrorCode;
}

type Argument =
  | 'none'
  | 'code'
  | 'status'
  | 'page'
  | 'duration'
  | 'shift'
  | 'size'
  | 'rate'
  | 'speed'
  | 'position';

interface ActionKind {
  readonly argument: Argument;
  /** `@` for a place in a body, `=` for any other value. */
  readonly sign?: '@';
  /** Used when the argument is left out; without it the argument must be given. */
  readonly otherwise?: number;
  /** Where the action means something; everywhere if not given. */
  readonly only?: readonly Operation[];
}

const withBody: readonly Operation[] = ['upload-part', 'upload-archive', 'job-output'];
const telling: readonly Operation[] = ['upload-part', 'upload-archive', 'complete', 'job-output'];
const makingArchives: readonly Operation[] = ['complete', 'upload-archive'];
const listing: readonly Operation[] = ['list-parts'];

const actions = {
  // Instead of the work
  error: { argument: 'code' },
  status: { argument: 'status' },
  html: { argument: 'page' },
  throttle: { argument: 'rate' },
  'black-hole': { argument: 'none' },
  skew: { argument: 'shift' },
  // Before and during the work
  delay: { argument: 'duration' },
  cut: { argument: 'position', sign: '@', otherwise: 0 },
  stall: { argument: 'position', sign: '@', otherwise: 0, only: withBody },
  'slow-body': { argument: 'speed', only: withBody },
  corrupt: { argument: 'none', only: ['upload-part', 'job-output'] },
  'fail-job': { argument: 'none', only: ['initiate-job'] },
  'ignore-range': { argument: 'none', only: ['job-output'] },
  // After the work
  'lose-reply': { argument: 'none' },
  'late-error': { argument: 'code' },
  'cut-reply': { argument: 'position', sign: '@', otherwise: -1 },
  'truncate-reply': { argument: 'position', sign: '@', otherwise: -1 },
  'slow-reply': { argument: 'duration', otherwise: 20 },
  'huge-reply': { argument: 'size', otherwise: 1024 ** 3 },
  'wrong-tree-hash': { argument: 'none', only: telling },
  'no-archive-id': { argument: 'none', only: makingArchives },
  'repeat-marker': { argument: 'none', only: listing },
  'omit-part': { argument: 'position', otherwise: 1, only: listing },
  'alter-part': { argument: 'position', otherwise: 1, only: listing },
  'invent-part': { argument: 'none', only: listing },
} as const satisfies Record<string, ActionKind>;

export type FaultAction = keyof typeof actions;

const units: Record<Exclude<Argument, 'none' | 'code'>, { form: RegExp; example: string }> = {
  status: { form: /^[2-5]\d\d$/, example: '503' },
  page: { form: /^(?:200|302|503)$/, example: '200, 302 or 503' },
  duration: { form: /^\d+(?:ms|s|m|h)$/, example: '500ms, 2s, 5m or 1h' },
  shift: { form: /^[+-]\d+(?:ms|s|m|h)$/, example: '+1h or -10m' },
  size: { form: /^\d+[KMG]?$/, example: '1048576, 64M or 1G' },
  rate: { form: /^[1-9]\d*\/s$/, example: '5/s' },
  speed: { form: /^[1-9]\d*[KMG]?\/s$/, example: '256K/s' },
  position: { form: /^\d+[KMG]?$/, example: '4096 or 1M' },
};

/** Dates far beyond it cannot be written. */
const LONGEST_MS = 100 * 365.25 * 86_400_000;

/** Reads a rule; refuses anything it does not understand, naming the rule and what would be legal. */
export function parseFaultRule(text: string): FaultRule {
  const refuse = (reason: string): never => {
    throw new VaultServerError('bad-fault', `fault rule "${text}": ${reason}`);
  };
  const fields = /^([a-z-]+|\*)(?:#([^:]*))?:([a-z-]+)(?:([=@])(.*))?$/s.exec(text);
  if (!fields)
    return refuse('it must read OPERATION[#WHICH]:ACTION[=VALUE], for example upload-part#2:cut@4096');
  const [, operation = '', which = '*', name = '', sign, value] = fields;
  if (operation !== '*' && !(operations as readonly string[]).includes(operation)) {
    return refuse(`there is no operation "${operation}"; legal are ${operations.join(', ')} and *`);
  }
  if (!Object.hasOwn(actions, name)) {
    return refuse(`there is no action "${name}"; legal are ${Object.keys(actions).join(', ')}`);
  }
  const action = name as FaultAction;
  const kind: ActionKind = actions[action];
  if (kind.only && !(kind.only as readonly string[]).includes(operation)) {
    return refuse(`${action} is for ${kind.only.join(', ')} only`);
  }
  const range = readWhich(which);
  if (!range) return refuse(`"#${which}" must be a number from 1 like #2, a range like #3-5 or #4-, or #*`);
  const argument = readArgument(kind, sign, value);
  if (typeof argument === 'string') return refuse(`${action} ${argument}`);
  return { text, operation: operation as Operation | '*', ...range, action, ...argument };
}

function readWhich(text: string): { first: number; last: number } | undefined {
  if (text === '*') return { first: 1, last: Number.POSITIVE_INFINITY };
  const fields = /^([1-9]\d{0,8})(-)?([1-9]\d{0,8})?$/.exec(text);
  if (!fields || (fields[3] !== undefined && fields[2] === undefined)) return undefined;
  const first = Number(fields[1]);
  const last = fields[3] === undefined ? (fields[2] ? Number.POSITIVE_INFINITY : first) : Number(fields[3]);
  return last < first ? undefined : { first, last };
}

/** The argument, or what is wrong with it. */
function readArgument(
  kind: ActionKind,
  sign: string | undefined,
  value: string | undefined,
): { number: number; code: ServiceErrorCode } | string {
  const code: ServiceErrorCode = 'ServiceUnavailableException';
  if (value === undefined && kind.otherwise !== undefined) return { number: kind.otherwise, code };
  if (kind.argument === 'none') return value === undefined ? { number: 0, code } : 'takes no value';
  const wanted = kind.sign ?? '=';
  if (kind.argument === 'code') {
    const known = serviceErrorCodes.find((one) => one === value);
    if (sign === wanted && known) return { number: 0, code: known };
    return `needs "=" and one of ${serviceErrorCodes.join(', ')}`;
  }
  const { form, example } = units[kind.argument];
  if (sign !== wanted || !form.test(value ?? '')) return `needs "${wanted}" and a value like ${example}`;
  const number = readNumber(value ?? '');
  if (!Number.isSafeInteger(number)) return 'has too large a value';
  const isTime = kind.argument === 'duration' || kind.argument === 'shift';
  if (isTime && Math.abs(number) > LONGEST_MS) return 'has a value of more than 100 years';
  return { number, code };
}

const factors: Record<string, number> = {
  '': 1,
  K: 1024,
  M: 1024 ** 2,
  G: 1024 ** 3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

function readNumber(text: string): number {
  const [, digits = '', unit = ''] = /^([+-]?\d+)([A-Za-z]*)/.exec(text) ?? [];
  return Number(digits) * (factors[unit] ?? 1);
}
