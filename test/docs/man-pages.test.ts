import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { manPages } from '../../scripts/man/pages.js';
import { flagsOf } from '../../src/cli/command/command.js';
import { commandSpecs, optionsOf } from '../helpers/command-tree.js';
import { isInstalled } from '../helpers/installed.js';

const folder = fileURLToPath(new URL('../../man/', import.meta.url));
const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const pages = await manPages(manifest.version);
const files = [...pages.keys()].map((name) => `${folder}${name}`);
const pageOf = (name: string): string => pages.get(`glacier-up-${name}.1`) ?? '';

describe('the man pages', () => {
  test('are those of the command tree, byte for byte: otherwise run "npm run man"', () => {
    const committed = readdirSync(folder).map((name) => [name, readFileSync(`${folder}${name}`, 'utf8')]);
    expect(Object.fromEntries(committed)).toEqual(Object.fromEntries(pages));
  });

  test('are listed in package.json, one for the program and one for each command', () => {
    const expected = ['glacier-up.1', ...commandSpecs.map(({ name }) => `glacier-up-${name}.1`)];
    expect(manifest.man).toEqual(expected.sort().map((name) => `man/${name}`));
    expect(manifest.files).toContain('man');
  });

  test('refer to pages that there are', () => {
    const names = commandSpecs.map(({ name }) => name);
    for (const { name, seeAlso } of commandSpecs)
      expect(names, name).toEqual(expect.arrayContaining(seeAlso));
  });

  test('have their sections in the usual order', () => {
    const order = [
      'NAME',
      'SYNOPSIS',
      'DESCRIPTION',
      'OPTIONS',
      'EXIT STATUS',
      'ENVIRONMENT',
      'FILES',
      'EXAMPLES',
      'NOTES',
      'SEE ALSO',
    ];
    for (const [name, text] of pages) {
      const sections = [...text.matchAll(/^\.SH (.*)$/gm)].map((match) => match[1]);
      // Only commands that touch no file, or have nothing more to note, do without those sections.
      const needed = order.filter((title) => !['FILES', 'NOTES'].includes(title));
      expect(sections, name).toEqual(order.filter((title) => sections.includes(title)));
      expect(sections, name).toEqual(expect.arrayContaining(needed));
    }
  });

  test.each(commandSpecs)('tell of every option, example and exit code of $name', (spec) => {
    const plain = pageOf(spec.name)
      .replace(/\\f[BIR]/g, '')
      .replaceAll('\\-', '-');
    for (const option of optionsOf(spec)) {
      expect(plain).toMatch(new RegExp(`^(-\\w, )?${flagsOf(option).long}( |$)`, 'm'));
    }
    const statuses = plain.slice(plain.indexOf('.SH EXIT STATUS'), plain.indexOf('.SH ENVIRONMENT'));
    const codes = [...statuses.matchAll(/^\.TP\n(\d+)$/gm)].map((match) => Number(match[1]));
    expect(codes).toEqual([0, 1, 2, ...spec.exitCodes]);
    expect([...plain.matchAll(/^\.EX$/gm)]).toHaveLength(spec.examples.length);
  });
});

describe.skipIf(!isInstalled('mandoc'))('mandoc', () => {
  test('finds nothing to say of the pages, at the level of style', async () => {
    const { stdout } = await execa('mandoc', ['-Tlint', '-W', 'style', ...files], { reject: false });
    expect(stdout).toBe('');
  });
});

describe.skipIf(!isInstalled('groff'))('groff', () => {
  test.each(files)('sets %s without a warning', async (file) => {
    const { stderr } = await execa('groff', ['-man', '-ww', '-z', file]);
    expect(stderr).toBe('');
  });
});

describe.skipIf(!isInstalled('man'))('man', () => {
  test.each(files)('shows %s in 80 columns, no option or variable broken', async (file) => {
    const env = { MANWIDTH: '80', LC_ALL: 'C.UTF-8', MAN_KEEP_FORMATTING: '' };
    const { stdout, stderr } = await execa('man', ['-l', file], { env });
    expect(stderr).toBe('');
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(stdout).not.toMatch(/‐$/m);
  });
});
