import { invalid } from '../errors.js';
import { isObject } from '../requests/json-body.js';
import { type Condition, type ConditionContext, holds, isKnownOperator, isLike } from './conditions.js';

/** A policy as it was set, and as it is evaluated. */
export interface Policy {
  readonly text: string;
  readonly statements: readonly Statement[];
}

interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly principals: readonly string[];
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions: readonly Condition[];
}

/** What is asked for, in a policy's terms. */
export interface Access {
  readonly accountId: string;
  /** As in `glacier:DeleteArchive`. */
  readonly action: string;
  readonly vaultArn: string;
  readonly context: ConditionContext;
}

/** Of a vault's access policy and of its lock (documented). */
const LARGEST_BYTES = 20 * 1024;

/** Reads a policy. What is not understood is refused: a statement that is silently passed over would protect nothing. */
export function parsePolicy(text: string): Policy {
  if (Buffer.byteLength(text) > LARGEST_BYTES) throw bad('it is longer than 20 KB');
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw bad('it is not JSON');
  }
  if (!isObject(document)) throw bad('it is not a JSON object');
  const statements = listOf(document.Statement);
  if (statements.length === 0) throw bad('it has no Statement');
  return { text, statements: statements.map(statement) };
}

/** Whether a policy denies what is asked for. Allowing changes nothing: the only account here is the vault's owner. */
export const denies = ({ statements }: Policy, { accountId, action, vaultArn, context }: Access): boolean =>
  statements.some(
    ({ effect, principals, actions, resources, conditions }) =>
      effect === 'Deny' &&
      principals.some(
        (one) => one === '*' || one === accountId || one === `arn:aws:iam::${accountId}:root`,
      ) &&
      actions.some((pattern) => isLike(action.toLowerCase(), pattern.toLowerCase())) &&
      resources.some((pattern) => isLike(vaultArn, pattern)) &&
      conditions.every((condition) => holds(condition, context)),
  );

function statement(value: unknown): Statement {
  if (!isObject(value)) throw bad('a Statement is not an object');
  const { Effect: effect, Principal: principal, Condition: conditions = {} } = value;
  if (effect !== 'Allow' && effect !== 'Deny') throw bad('Effect must be Allow or Deny');
  for (const name of ['NotPrincipal', 'NotAction', 'NotResource']) {
    if (value[name] !== undefined) throw bad(`${name} is not supported`);
  }
  return {
    effect,
    principals: texts('Principal', isObject(principal) ? principal.AWS : principal),
    actions: texts('Action', value.Action),
    resources: texts('Resource', value.Resource),
    conditions: readConditions(conditions),
  };
}

function readConditions(value: unknown): Condition[] {
  if (!isObject(value)) throw bad('Condition is not an object');
  return Object.entries(value).flatMap(([operator, keys]) => {
    if (!isKnownOperator(operator)) throw bad(`the condition ${operator} is not supported`);
    if (!isObject(keys)) throw bad(`the condition ${operator} is not an object`);
    return Object.entries(keys).map(([key, values]) => ({ operator, key, values: texts(key, values) }));
  });
}

function texts(name: string, value: unknown): string[] {
  const list = listOf(value);
  if (list.length === 0) throw bad(`it has no ${name}`);
  return list.map((one) => {
    if (!['string', 'number', 'boolean'].includes(typeof one)) throw bad(`${name} must be a text`);
    return String(one);
  });
}

const listOf = (value: unknown): unknown[] =>
  value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];

/** The code is the service's, the texts are ours. */
const bad = (why: string) => invalid(`Invalid policy: ${why}`);
