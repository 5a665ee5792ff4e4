/**
 * Holds what is printed with `--json` to docs/json.schema.json. Stricter than the schema that users have: there a
 * field may be added at any time, here one that is not described fails the test that saw it.
 */
import { readFileSync } from 'node:fs';
import type { ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { isJsonWanted } from '../../src/cli/output/json-wanted.js';

export interface Schema {
  $ref?: string;
  title?: string;
  description?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean;
  $defs?: Record<string, Schema>;
}

export const jsonSchema = JSON.parse(
  readFileSync(new URL('../../docs/json.schema.json', import.meta.url), 'utf8'),
) as Schema & { $defs: Record<string, Schema> };

/** The types that a line can have, in the order of the schema. */
export const lineTypes = Object.keys(jsonSchema.$defs).filter(
  (name) => jsonSchema.$defs[name]?.properties?.type?.const === name,
);

/** The schema with every object closed. */
function closed(schema: Schema): Schema {
  return JSON.parse(JSON.stringify(schema), (_key, value) =>
    value?.type === 'object' && value.properties ? { ...value, additionalProperties: false } : value,
  );
}

const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
addFormats.default(ajv);
ajv.addSchema(closed(jsonSchema), 'lines');

function validatorOf(type: string): ValidateFunction {
  const validate = lineTypes.includes(type) ? ajv.getSchema(`lines#/$defs/${type}`) : undefined;
  if (!validate) throw new Error(`docs/json.schema.json has no "${type}" lines`);
  return validate;
}

/** @throws Error naming what of the line is not as the schema says */
export function assertLine(line: string): void {
  let value: { type?: unknown };
  try {
    value = JSON.parse(line);
  } catch {
    throw new Error(`with --json, a line that is no JSON: ${line}`);
  }
  const validate = validatorOf(String(value.type));
  if (!validate(value)) {
    throw new Error(
      `docs/json.schema.json does not allow this (${ajv.errorsText(validate.errors)}): ${line}`,
    );
  }
}

/**
 * Checks every line of a run that had `--json`, on both streams; runs without it are let be.
 * @param argv the words after the program's name
 */
export function assertJsonContract(
  argv: readonly string[],
  env: Record<string, string | undefined>,
  ...streams: string[]
): void {
  if (!isJsonWanted(argv, env) || argv.some((word) => ['-h', '--help', 'help'].includes(word))) return;
  for (const line of streams.flatMap((text) => text.split('\n'))) if (line !== '') assertLine(line);
}
