/** What an archive is described as, from `--description` and the file. */
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readDescription } from '../../../src/names/read-description.js';
import { describeArchive, isByFile, templateFault } from '../../../src/transfer/description.js';

const identity = { mtimeNs: '1425445567999999999' };
const file = (name: string, mtimeNs = identity.mtimeNs) => ({ name, identity: { mtimeNs } });

describe('a description', () => {
  test.each([
    ['{name} of {path}', 'b.txt of a/b.txt'],
    ['{mtime}', '2015-03-04T05:06:07Z'],
    ['on {host}', `on ${hostname()}`],
    ['{{name}} is {name}', '{name} is b.txt'],
    ['{} {1} {', '{} {1} {'],
    ['plain', 'plain'],
  ])('%s has what its placeholders stand for', (template, description) => {
    expect(describeArchive(file('a/b.txt'), template)).toBe(description);
  });

  test('has a time beyond all calendars in seconds since 1970', () => {
    expect(describeArchive(file('a', '9999999999999000000000'), '{mtime}')).toBe('@9999999999999');
  });

  test('of an archive from a pipe has its name as it is, and no time', () => {
    expect(describeArchive({ name: '/dump/../x' })).toBe('/dump/../x');
    expect(() => describeArchive({ name: 'dump' }, '{mtime}')).toThrow(
      expect.objectContaining({ code: 'usage' }),
    );
  });

  test.each([
    ['a/b.txt', 'a/b.txt'],
    ['./a/../b.txt', 'b.txt'],
    ['/srv/b.txt', 'srv/b.txt'],
    [`../${basename(process.cwd())}/x`, join(process.cwd(), 'x').slice(1)],
    ['..x/b', '..x/b'],
    ['día', '{"Path":"d\\u00eda"}'],
    // What another tool's format would read as something else.
    ['my%20file.pdf', '{"Path":"my%20file.pdf"}'],
  ])('is the path by default, and can be read back: %s', (name, description) => {
    expect(describeArchive(file(name))).toBe(description);
    const read = readDescription(description);
    expect({ ...read, path: read.name?.endsWith(basename(name)) }).toMatchObject({ path: true });
  });

  test('with other than ASCII within a text has JSON escapes', () => {
    expect(describeArchive(file('día'), 'my {name}')).toBe('my d\\u00eda');
  });

  test('that the service would not take is refused', () => {
    expect(() => describeArchive(file('a'.repeat(1025)))).toThrow(expect.objectContaining({ code: 'usage' }));
    expect(describeArchive(file('a'.repeat(1024)))).toHaveLength(1024);
  });
});

describe('the text of --description', () => {
  test.each([
    ['{path} {name} {mtime} {host} {{word}}', null],
    ['{size}', '{size} is none of {path}, {name}, {mtime}, {host}; for the text itself write {{size}}'],
    ['día', 'character 2 is not printable ASCII'],
    [' a', 'it begins or ends with a space, which HTTP would drop'],
  ])('%s: %s', (template, fault) => {
    expect(templateFault(template)).toBe(fault);
  });

  test.each([
    ['{name}', true],
    ['{mtime} on {host}', true],
    ['{host}', false],
    ['{{name}}', false],
    ['text', false],
  ])('%s: differs from file to file: %s', (template, is) => {
    expect(isByFile(template)).toBe(is);
  });
});
