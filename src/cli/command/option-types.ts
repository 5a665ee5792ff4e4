/** The values of options, typed by their declaration. */
import type { OptionSpec } from './command.js';

/** `-n, --dry-run` → `dry-run`; `--part-size <size>` → `part-size`. */
type NameOf<Flags extends string> = Flags extends `${string}--${infer Name} <${string}`
  ? Name
  : Flags extends `${string}--${infer Name}`
    ? Name
    : never;

type CamelCase<Name extends string> = Name extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<CamelCase<Rest>>}`
  : Name;

/** As `optionKey` makes it. */
type KeyOf<Flags extends string> = CamelCase<NameOf<Flags> extends `no-${infer Name}` ? Name : NameOf<Flags>>;

/** Of a switch a boolean; else what `parse` makes, one of `values`, or text; of several values a list. */
type ValueOf<Spec extends OptionSpec> = Spec['flags'] extends `${string}...>`
  ? string[]
  : Spec['flags'] extends `${string}>`
    ? Spec extends { repeatable: true }
      ? OneValueOf<Spec>[]
      : OneValueOf<Spec>
    : boolean;

type OneValueOf<Spec extends OptionSpec> = Spec extends { parse: (text: string) => infer Value }
  ? Value
  : Spec extends { values: readonly (infer Value)[] }
    ? Value
    : string;

/** Options that were not given are not there. */
export type ValuesOf<Specs extends readonly OptionSpec[]> = {
  readonly [Spec in Specs[number] as KeyOf<Spec['flags']>]?: ValueOf<Spec>;
};
