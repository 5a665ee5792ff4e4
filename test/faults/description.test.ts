/** A description is sent as it is given, or not at all. */
import { describe, expect, test } from 'vitest';
import { makePlace } from '../helpers/place.js';

describe('a description that the service does not take', () => {
  test.each([
    ['a line end', 'two\nlines'],
    ['a terminal command', '\u001b[2J'],
    ['other than ASCII', 'Bücher'],
    ['more than 1,024 characters', 'x'.repeat(1025)],
    ['a space in front, which HTTP drops', ' backup'],
    ['a space behind', 'backup '],
  ])('with %s is refused before anything is sent: exit 2', async (_, description) => {
    const { run, file, archives, sessions, receipts } = makePlace();
    const refused = await run(['upload', file, '--description', description]);
    expect(refused, refused.stderr).toMatchObject({ code: 2, stdout: '' });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal would act on it
    expect(refused.stderr).not.toMatch(/\u001b/);
    expect([sessions(), receipts()]).toEqual([[], []]);
    expect(archives).toThrow(/ENOENT/);
  });

  test('of 1,024 printable characters is taken as it is', async () => {
    const { run, file, receipts } = makePlace();
    const description = '~ !'.repeat(341).concat('x');
    expect(await run(['upload', file, '--description', description])).toMatchObject({ code: 0 });
    expect(receipts()).toMatchObject([{ description }]);
  });
});
