import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatSumLine, SumLineReader } from '../../../src/treehash/sum-lines.js';

const treeHash = '0123456789abcdef'.repeat(4);
const read = (line: string) => new SumLineReader().read(line);

describe('a line of sums', () => {
  const names = fc
    .string({
      unit: fc.constantFrom('a', ' ', '\\', 'n', '\n', '\r', 'r', '(', ')', '=', '*', 'é'),
      minLength: 1,
    })
    .filter((name) => name !== '');

  it('is read back as it was written, with any character in the name, with a tag and without', () => {
    fc.assert(
      fc.property(names, fc.boolean(), (name, tag) => {
        const line = formatSumLine({ treeHash, name }, { tag });
        expect(line.slice(0, -1)).not.toMatch(/[\n\r]/);
        expect(read(line.slice(0, -1))).toEqual({ treeHash, name });
      }),
    );
  });

  it('holds the name as it is when it ends with NUL', () => {
    expect(formatSumLine({ treeHash, name: 'a\\\nb' }, { zero: true })).toBe(`${treeHash}  a\\\nb\0`);
  });

  it('is taken in the ways in which others write it', () => {
    const expected = { treeHash, name: 'file' };
    expect(read(`${treeHash} *file`)).toEqual(expected);
    expect(read(`${treeHash.toUpperCase()}  file`)).toEqual(expected);
    expect(read(`${treeHash} file`)).toEqual(expected);
    expect(read(`SHA256-TREE (file) = ${treeHash}`)).toEqual(expected);
    expect(read(`SHA256-TREE(file)= ${treeHash}`)).toEqual(expected);
  });

  it.each([
    '',
    'file',
    treeHash,
    `${treeHash} `,
    `${treeHash}x file`,
    `${treeHash.slice(1)}  file`,
    `SHA256 (file) = ${treeHash}`,
    `SHA256-TREE file = ${treeHash}`,
    `SHA256-TREE (file) = ${treeHash}0`,
    `\\${treeHash}  a\\tb`,
    `\\${treeHash}  end\\`,
    `\\${treeHash}  end\\\\\\`,
  ])('is not %j', (line) => {
    expect(read(line)).toBeNull();
  });

  it('has the same form as the first of its list', () => {
    const standard = new SumLineReader();
    expect(standard.read(`${treeHash}  a`)).not.toBeNull();
    expect(standard.read(`${treeHash} a`)).toBeNull();
    const reversed = new SumLineReader();
    expect(reversed.read(`${treeHash} a`)).not.toBeNull();
    expect(reversed.read(`${treeHash}  a`)).toEqual({ treeHash, name: ' a' });
  });
});
