import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonFaultAt } from '../../../src/glacier/inventory/json-fault.js';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('the place where a text stops being JSON', () => {
  test('is nowhere exactly when JSON.parse takes it, for every change of one character', () => {
    const mutated = fc
      .tuple(
        fc.json({ maxDepth: 4 }),
        fc.nat(),
        fc.constantFrom(...'"\\{}[],:0-1.eatu \n\u0000\u00e9'),
        fc.boolean(),
      )
      .map(([text, place, character, isInserted]) => {
        const at = place % (text.length + 1);
        return text.slice(0, at) + character + text.slice(isInserted ? at : at + 1);
      });
    fc.assert(
      fc.property(fc.oneof(fc.json(), mutated), (text) => {
        expect(jsonFaultAt(text) === null).toBe(isJson(text));
      }),
      { numRuns: 3000 },
    );
  });

  test('is the end of what was cut off', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.nat(), (value, place) => {
        // In an object, since a number that is cut off is a number.
        const text = JSON.stringify({ key: value });
        const cut = text.slice(0, 1 + (place % (text.length - 1)));
        expect(jsonFaultAt(cut)).toBe(cut.length);
      }),
      { numRuns: 3000 },
    );
  });

  test.each([
    ['{"a":1,}', 7],
    ['[1,,2]', 3],
    ['[1,]', 3],
    ['{"a" 1}', 5],
    ['{"a":1 "b":2}', 7],
    ['["a\u0001b"]', 3],
    ['["a\\xb"]', 3],
    ['[1}', 2],
    ['{"a":1]', 6],
    ['[tru]', 1],
    ['[01]', 2],
    ['{} x', 3],
    ['{}\u0000', 2],
    ['{a:1}', 1],
  ])('in %j is %i', (text, at) => {
    expect(jsonFaultAt(text)).toBe(at);
  });
});
