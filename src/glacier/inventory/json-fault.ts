/** Where a text stops being JSON: `JSON.parse` only says that it does. */

const space = /[ \t\n\r]*/y;
const scalar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
/** What the end of the text has cut in two. */
const scalarCut = /(?:-|-?(?:0|[1-9]\d*)(?:\.|(?:\.\d+)?[eE][+-]?)|t|tr|tru|f|fa|fal|fals|n|nu|nul)$/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: a string has none
const stringBegun = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y;

/** What may come next, by what came last. */
type Expected = 'value' | 'value or end' | 'key' | 'key or end' | 'colon' | 'comma or end' | 'nothing';

/**
 * The first place at which the text cannot be JSON (RFC 8259).
 * @returns an index; the length of the text when it is the beginning of some JSON; null when it is JSON as a whole
 */
export function jsonFaultAt(text: string): number | null {
  const open: ('{' | '[')[] = [];
  let expected: Expected = 'value';
  let at = 0;
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const isThere = pattern.test(text);
    if (isThere) at = pattern.lastIndex;
    return isThere;
  };
  const afterValue = (): Expected => (open.length === 0 ? 'nothing' : 'comma or end');

  for (;;) {
    skip(space);
    const next = text[at];
    if (next === undefined) return expected === 'nothing' ? null : text.length;
    const isValue: boolean = expected === 'value' || expected === 'value or end';
    const isKey: boolean = expected === 'key' || expected === 'key or end';
    if (next === '"' && (isValue || isKey)) {
      skip(stringBegun);
      if (text[at] !== '"') return faultInString(text, at);
      at += 1;
      expected = isKey ? 'colon' : afterValue();
    } else if ((next === '{' || next === '[') && isValue) {
      open.push(next);
      at += 1;
      expected = next === '{' ? 'key or end' : 'value or end';
    } else if (next === '}' || next === ']') {
      const isEnd: boolean =
        expected === 'comma or end' || expected === (next === '}' ? 'key or end' : 'value or end');
      if (!isEnd || open.pop() !== (next === '}' ? '{' : '[')) return at;
      at += 1;
      expected = afterValue();
    } else if (next === ':' && expected === 'colon') {
      at += 1;
      expected = 'value';
    } else if (next === ',' && expected === 'comma or end') {
      at += 1;
      expected = open.at(-1) === '{' ? 'key' : 'value';
    } else if (isValue && skip(scalarCut)) {
      return text.length;
    } else if (isValue && skip(scalar)) {
      expected = afterValue();
    } else return at;
  }
}

/** An escape that the end of the text cuts in two is no fault of its own. */
function faultInString(text: string, at: number): number {
  return /^(?:\\(?:u[0-9a-fA-F]{0,3})?)?$/.test(text.slice(at)) ? text.length : at;
}
