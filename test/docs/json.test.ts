import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { exitCodes } from '../../src/errors.js';
import { assertLine, jsonSchema, lineTypes } from '../helpers/json-contract.js';
import { makePlace } from '../helpers/place.js';
import { jsonReference } from './json-reference.js';

const page = new URL('../../docs/json.md', import.meta.url).pathname;

describe('docs/json.md', () => {
  test('has a table for every type of the schema, made from it', async () => {
    const text = readFileSync(page, 'utf8');
    const made = /(<!-- made from [^\n]*-->\n).*(<!-- end -->)/s;
    expect(text).toMatch(made);
    const remade = text.replace(made, (_all, begin, end) => `${begin}\n${jsonReference()}\n${end}`);
    await expect(remade).toMatchFileSnapshot(page);
  });

  test('lists every error code with its exit code', () => {
    const rows = readFileSync(page, 'utf8').matchAll(/^\| `([a-z-]+)` \| (\d+) \|/gm);
    expect(Object.fromEntries([...rows].map(([, code, exit]) => [code, Number(exit)]))).toEqual(exitCodes);
  });
});

describe('docs/json.schema.json', () => {
  test('accepts a line of any of its types, and lists them all', () => {
    expect(jsonSchema.oneOf).toEqual(lineTypes.map((name) => ({ $ref: `#/$defs/${name}` })));
    expect(lineTypes).toEqual([...lineTypes].sort());
  });

  test.each([
    ['is of no known type', { type: 'surprise', schema: 1 }],
    ['has a field that is not described', { type: 'note', schema: 1, message: 'm', more: 1 }],
    ['lacks a field', { type: 'note', schema: 1 }],
    ['has another kind of value', { type: 'note', schema: 1, message: 1 }],
    ['has no schema number', { type: 'note', message: 'm' }],
  ])('fails the test that saw a line that %s', (_what, line) => {
    expect(() => assertLine(JSON.stringify(line))).toThrow('docs/json.schema.json');
  });

  test('fails the test that saw a line that is no JSON', () => {
    expect(() => assertLine('glacier-up: hello')).toThrow('no JSON');
  });
});

describe('with --json', () => {
  test.each([
    ['an unknown option', ['upload', 'f', '--frob']],
    ['an unknown command', ['uplaod', 'f']],
    ['a missing operand', ['upload']],
    ['a bad value', ['upload', 'f', '--part-size', '3M']],
    ['an option taken for a value', ['upload', 'f', '--profile', '--region', 'x']],
    ['no command', []],
  ])('%s is one error object on stderr', async (_what, words) => {
    const { code, stdout, stderr } = await makePlace().plain([...words, '--json']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(stderr)).toMatchObject({ type: 'error', code: 'usage', exitCode: 2 });
  });

  test('the variable counts as the option does, also before options are read', async () => {
    const { stderr } = await makePlace().plain(['upload'], { env: { GLACIER_UP_JSON: '1' } });
    expect(JSON.parse(stderr)).toMatchObject({ type: 'error', code: 'usage' });
  });

  test('an interruption is told as a note', async () => {
    const { file, interrupted } = makePlace();
    const { signal, stderr } = await interrupted(['upload', file, '--json'], 1);
    expect(signal).toBe('SIGINT');
    const notes = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).message as string);
    expect(notes).toContainEqual(expect.stringContaining('SIGINT: stopping'));
  });
});
