/** Patterns for names, as a shell has them. */

const special = /[.+^${}()|\\]/g;

/**
 * Makes a test of a pattern. `*` and `?` stand for anything but `/`, `**` for anything, `[a-z]` for one character of a
 * set and `[!a-z]` for one that is not in it; a backslash takes the meaning from the next character. A pattern without
 * `/` is compared with the last part of a name, any other with all of it.
 * @returns a test of a name, see `nameKey`; null for an invalid pattern: a set that does not end, for example
 */
export function globTest(pattern: string): ((name: string) => boolean) | null {
  let source = '';
  for (let at = 0; at < pattern.length; at += 1) {
    const letter = pattern.charAt(at);
    if (letter === '*' && pattern[at + 1] === '*') {
      // As in other tools, `**/` may stand for no folder at all.
      const isFolder = pattern[at + 2] === '/';
      source += isFolder ? '(?:.*/)?' : '.*';
      at += isFolder ? 2 : 1;
    } else if (letter === '*') source += '[^/]*';
    else if (letter === '?') source += '[^/]';
    else if (letter === '[') {
      const set = /^\[(!?)(\]?[^\]]*)\]/.exec(pattern.slice(at));
      if (!set?.[2]) return null;
      source += `[${set[1] ? '^/' : ''}${set[2].replace(/[\\\]^[]/g, '\\$&')}]`;
      at += set[0].length - 1;
    } else if (letter === '\\') {
      at += 1;
      if (at === pattern.length) return null;
      source += pattern.charAt(at).replace(/[^A-Za-z0-9]/u, '\\$&');
    } else source += letter.replace(special, '\\$&');
  }
  let expression: RegExp;
  try {
    expression = new RegExp(`^${source}$`, 's');
  } catch {
    return null;
  }
  if (pattern.includes('/')) return (name) => expression.test(name);
  return (name) => expression.test(name.slice(name.lastIndexOf('/') + 1));
}
