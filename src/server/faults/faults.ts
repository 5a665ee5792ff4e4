import { ServiceError } from '../errors.js';
import type { Operation } from '../requests/operations.js';
import { type FaultAction, type FaultRule, parseFaultRule } from './fault-language.js';

/** What is to go wrong with one request. Of several rules with the same action the first counts. */
export class FaultPlan {
  readonly #rules = new Map<FaultAction, FaultRule>();

  constructor(rules: readonly FaultRule[]) {
    for (const rule of rules) if (!this.#rules.has(rule.action)) this.#rules.set(rule.action, rule);
  }

  has(action: FaultAction): boolean {
    return this.#rules.has(action);
  }

  /** The action's number; undefined when the action is not planned. */
  number(action: FaultAction): number | undefined {
    return this.#rules.get(action)?.number;
  }

  error(action: 'error' | 'late-error'): ServiceError | undefined {
    const rule = this.#rules.get(action);
    return rule && new ServiceError(rule.code);
  }
}

/** The fault rules of a server, with the count of the requests that each has seen. */
export class Faults {
  readonly #rules: readonly {
    readonly rule: FaultRule;
    count: number;
    secondStartsMs: number;
    inSecond: number;
  }[];

  constructor(texts: readonly string[]) {
    this.#rules = texts.map((text) => ({
      rule: parseFaultRule(text),
      count: 0,
      secondStartsMs: 0,
      inSecond: 0,
    }));
  }

  /** Counts a request and says what is to go wrong with it. */
  next(operation: Operation): FaultPlan {
    const rules: FaultRule[] = [];
    for (const counted of this.#rules) {
      const { rule } = counted;
      if (rule.operation !== '*' && rule.operation !== operation) continue;
      counted.count += 1;
      if (counted.count < rule.first || counted.count > rule.last) continue;
      if (rule.action === 'throttle' && !exceedsRate(counted, rule.number)) continue;
      rules.push(rule);
    }
    return new FaultPlan(rules);
  }
}

function exceedsRate(counted: { secondStartsMs: number; inSecond: number }, most: number): boolean {
  const nowMs = performance.now();
  if (nowMs - counted.secondStartsMs >= 1000) {
    counted.secondStartsMs = nowMs;
    counted.inSecond = 0;
  }
  counted.inSecond += 1;
  return counted.inSecond > most;
}
