import { invalid, missing } from '../errors.js';
import { isObject } from '../requests/json-body.js';

export interface RetrievalRule {
  readonly BytesPerHour: number | null;
  readonly Strategy: 'BytesPerHour' | 'FreeTier' | 'None';
}

export const noRetrievalLimit: RetrievalRule = { BytesPerHour: null, Strategy: 'None' };

/** Reads the one rule of a data retrieval policy. The texts of refusals are ours. */
export function parseRetrievalRule(body: Readonly<Record<string, unknown>>): RetrievalRule {
  const policy = body.Policy;
  if (!isObject(policy)) throw missing('Policy');
  const rules = policy.Rules;
  const [rule] = Array.isArray(rules) ? rules : [];
  if (!Array.isArray(rules) || rules.length !== 1 || !isObject(rule)) {
    throw invalid('Invalid policy: Rules must have one rule');
  }
  const { Strategy: strategy, BytesPerHour: bytesPerHour = null } = rule;
  if (strategy === 'BytesPerHour') {
    if (typeof bytesPerHour !== 'number' || !Number.isInteger(bytesPerHour) || bytesPerHour < 1) {
      throw invalid('Invalid policy: BytesPerHour must be a whole number from 1');
    }
    return { BytesPerHour: bytesPerHour, Strategy: strategy };
  }
  if (strategy !== 'FreeTier' && strategy !== 'None') throw invalid(`Invalid strategy: ${String(strategy)}`);
  if (bytesPerHour !== null)
    throw invalid('Invalid policy: BytesPerHour is for the strategy BytesPerHour only');
  return { BytesPerHour: null, Strategy: strategy };
}
