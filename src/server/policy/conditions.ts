/** What a policy's conditions are compared with: values by their keys in lower case. */
export type ConditionContext = Readonly<Record<string, string | undefined>>;

export interface Condition {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

interface Operator {
  readonly matches: (actual: string, wanted: string) => boolean;
  /** Holds when none of the values matches, also without a value to compare. */
  readonly isNegated?: true;
}

const asNumbers =
  (compare: (actual: number, wanted: number) => boolean) => (actual: string, wanted: string) =>
    compare(Number(actual), Number(wanted));

const asDates = (compare: (actual: number, wanted: number) => boolean) => (actual: string, wanted: string) =>
  compare(Date.parse(actual), Date.parse(wanted));

const comparisons = {
  Equals: (actual: number, wanted: number) => actual === wanted,
  LessThan: (actual: number, wanted: number) => actual < wanted,
  LessThanEquals: (actual: number, wanted: number) => actual <= wanted,
  GreaterThan: (actual: number, wanted: number) => actual > wanted,
  GreaterThanEquals: (actual: number, wanted: number) => actual >= wanted,
};

const equals = (actual: string, wanted: string): boolean => actual === wanted;
const equalsIgnoreCase = (actual: string, wanted: string): boolean =>
  actual.toLowerCase() === wanted.toLowerCase();

const operators = new Map<string, Operator>([
  ['StringEquals', { matches: equals }],
  ['StringNotEquals', { matches: equals, isNegated: true }],
  ['StringEqualsIgnoreCase', { matches: equalsIgnoreCase }],
  ['StringNotEqualsIgnoreCase', { matches: equalsIgnoreCase, isNegated: true }],
  ['StringLike', { matches: isLike }],
  ['StringNotLike', { matches: isLike, isNegated: true }],
  ['Bool', { matches: equalsIgnoreCase }],
  ['NumericNotEquals', { matches: asNumbers(comparisons.Equals), isNegated: true }],
  ['DateNotEquals', { matches: asDates(comparisons.Equals), isNegated: true }],
]);
for (const [name, compare] of Object.entries(comparisons)) {
  operators.set(`Numeric${name}`, { matches: asNumbers(compare) });
  operators.set(`Date${name}`, { matches: asDates(compare) });
}

const IF_EXISTS = /IfExists$/;

/** True for an operator that `holds` knows, also with `IfExists` behind it. */
export const isKnownOperator = (name: string): boolean =>
  name === 'Null' || operators.has(name.replace(IF_EXISTS, ''));

/** Whether a condition is met, by the rules of IAM: any of its values is enough, and of a negated one none may match. */
export function holds({ operator: name, key, values }: Condition, context: ConditionContext): boolean {
  const actual = context[key.toLowerCase()];
  if (name === 'Null') return values.includes(String(actual === undefined));
  const operator = operators.get(name.replace(IF_EXISTS, ''));
  if (!operator) return false;
  if (actual === undefined) return operator.isNegated === true || IF_EXISTS.test(name);
  const matches = values.some((wanted) => operator.matches(actual, wanted));
  return operator.isNegated ? !matches : matches;
}

/** Whether a text fits a pattern with `*` and `?`. */
export function isLike(text: string, pattern: string): boolean {
  const parts = pattern
    .replace(/[\\^$+.()|[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${parts}$`, 's').test(text);
}
