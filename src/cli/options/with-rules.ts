import type { OptionSpec } from '../command/command.js';

type Rules = Pick<OptionSpec, 'onlyWith' | 'notWith'>;

/** Options that other commands have too, with what they go with here. Flags, and so the types of the values, stay. */
export function withRules<const Specs extends readonly OptionSpec[]>(
  specs: Specs,
  { onlyWith = [], notWith = [] }: Rules,
): Specs {
  return specs.map((spec) => ({
    ...spec,
    onlyWith: [...(spec.onlyWith ?? []), ...onlyWith],
    notWith: [...(spec.notWith ?? []), ...notWith],
  })) as unknown as Specs;
}
