/** The part of docs/json.md that is made from docs/json.schema.json: a table for each type of line. */
import { jsonSchema, lineTypes, type Schema } from '../helpers/json-contract.js';

export function jsonReference(): string {
  const kinds = Object.entries(jsonSchema.$defs)
    .filter(([name]) => !lineTypes.includes(name))
    .map(([, { title, description }]) => `- ${title}: ${description}\n`);
  return [kinds.join(''), ...lineTypes.map((name) => section(name, jsonSchema.$defs[name] ?? {}))].join('\n');
}

function section(name: string, { title, description, properties = {}, required = [] }: Schema): string {
  const rows = Object.entries(properties)
    .filter(([field]) => !['type', 'schema'].includes(field))
    .flatMap(([field, schema]) => fieldRows(field, schema, required.includes(field)));
  const table = ['| field | value | meaning |', '| --- | --- | --- |', ...rows];
  return `### \`${name}\`\n\n${title}. ${description ?? ''}\n\n${table.join('\n')}\n`;
}

/** One row, and one for each field of an object within. */
function fieldRows(field: string, schema: Schema, isAlways: boolean): string[] {
  const within = schema.items ?? schema;
  const prefix = schema.items ? `${field}[]` : field;
  const meaning = [isAlways ? '' : 'not always', schema.description ?? ''].filter(Boolean).join('; ');
  const inner = Object.entries(within.properties ?? {}).flatMap(([name, value]) =>
    fieldRows(`${prefix}.${name}`, value, within.required?.includes(name) === true),
  );
  return [`| \`${field}\` | ${valueText(schema)} | ${meaning.replaceAll('|', '\\|')} |`, ...inner];
}

function valueText(schema: Schema): string {
  if (schema.$ref) return jsonSchema.$defs[schema.$ref.split('/').at(-1) ?? '']?.title ?? '';
  if (schema.enum) return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(', ');
  if (schema.anyOf) return schema.anyOf.map(valueText).join(' or ');
  if (schema.items) return `array of ${valueText(schema.items)}`;
  return [schema.type ?? []].flat().join(' or ');
}
