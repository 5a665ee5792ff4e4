import { describe, expect, test } from 'vitest';
import { globTest } from '../../../src/names/glob.js';

describe('a pattern', () => {
  test.each<[string, string[], string[]]>([
    ['*.jpg', ['a.jpg', 'photos/2020/a.jpg', '.jpg'], ['a.jpeg', 'a.jpg/b', 'ajpg']],
    ['photos/*', ['photos/a', 'photos/'], ['photos/2020/a', 'old/photos/a', 'photos']],
    ['photos/**', ['photos/a', 'photos/2020/a'], ['photo/a', 'old/photos/a']],
    ['**/a', ['a', 'b/a', 'b/c/a'], ['b/aa', 'a/b']],
    ['a**z', ['az', 'x/abz'], ['x/ab']],
    ['a/**/z', ['a/z', 'a/b/c/z'], ['az', 'a/bz']],
    ['?.t[xe]t', ['a.txt', 'b/é.tet'], ['.txt', 'ab.txt', 'a.tit']],
    ['[!0-9]*', ['a1'], ['1a']],
    ['[]]', [']'], ['[', '\\']],
    ['[\\]', ['\\'], [']']],
    ['a.b', ['a.b'], ['axb']],
    ['\\*', ['*'], ['a', '\\*']],
    ['(a|b)+$ {c}^', ['(a|b)+$ {c}^'], ['a']],
    ['a\nb', ['a\nb'], ['a b']],
  ])('%j', (pattern, matching, others) => {
    const matches = globTest(pattern);
    expect([...matching, ...others].filter((name) => matches?.(name))).toEqual(matching);
  });

  test.each(['[', '[a', 'a\\', '[!]', '[z-a]'])('%j is no pattern', (pattern) => {
    expect(globTest(pattern)).toBeNull();
  });
});
