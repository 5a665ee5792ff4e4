/**
 * Makes control and bidirectional characters visible. Every text that comes from the service, from file names or
 * from descriptions passes here before it reaches a terminal, where such characters are commands.
 */

/** C0 but for tab and newline, DEL, C1, line separators, and what changes the direction of text. */
const unsafe =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** What nearly every text is: found out much sooner than what is unsafe. */
const plain = /^[\x20-\x7e]*$/;

/** Text for one line: newlines and tabs are made visible too. */
export function visibleLine(text: string): string {
  if (plain.test(text)) return text;
  return visible(text).replace(/[\n\t]/g, (character) => (character === '\n' ? '\\n' : '\\t'));
}

/** Text that may have several lines. */
export function visible(text: string): string {
  return text.replace(unsafe, escaped);
}

/** JSON in which those characters are escapes too: it stays the same JSON. */
export function visibleJson(value: unknown): string {
  const json = JSON.stringify(value);
  if (plain.test(json)) return json;
  return json.replace(unsafe, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The text without what stands before the `@` of a URL: a name and password that somebody has put there. */
export function withoutPasswords(text: string): string {
  return text.replace(/:\/\/[^\s/]*@/g, '://***@');
}
