/** Descriptions of other tools, read: vectors are what their own encoders wrote, or samples that others published. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { pathDescription } from '../../../src/names/glacier-up.js';
import { readDescription } from '../../../src/names/read-description.js';
import { mtglacier1, mtglacier2, survtur, type Vector } from './vectors.js';

function expected({ name, mtime }: Vector): { name: string; modifiedAt: string } {
  return { name, modifiedAt: new Date(mtime * 1000).toISOString() };
}

describe('mtglacier', () => {
  test.each(mtglacier2)('mt2: $name, as its own encoder wrote it', (vector) => {
    expect(readDescription(vector.description)).toEqual({ ...expected(vector), writer: 'mtglacier' });
  });

  test.each(mtglacier1)('mt1, encoded twice: $name', (vector) => {
    expect(readDescription(vector.description)).toEqual({ ...expected(vector), writer: 'mtglacier' });
  });

  it('takes a text that only begins like one for plain text, as a real inventory has it', () => {
    expect(readDescription('mt2 textst')).toEqual({ name: 'mt2 textst', modifiedAt: null, writer: null });
  });

  test.each(['mt2 !!!!', 'mt3 e30', 'mt2 e30x', 'mt2 W10', 'mt2 gICA', 'mt1 eyJmaWxlbmFtZSI6IuKCrCJ9'])(
    'takes "%s" for plain text',
    (description) => {
      expect(readDescription(description)).toMatchObject({ name: description, writer: null });
    },
  );

  it('keeps a name with an invalid time', () => {
    const text = Buffer.from('{"filename":"a","mtime":"9991231T000000Z"}').toString('base64url');
    expect(readDescription(`mt2 ${text}`)).toEqual({ name: 'a', modifiedAt: null, writer: 'mtglacier' });
  });
});

describe('glacier-interface', () => {
  it('has no name in what its releases wrote', () => {
    expect(readDescription('mt2 eyJtdGltZSI6IjAifQ==')).toEqual({
      name: null,
      modifiedAt: null,
      writer: 'glacier-interface',
    });
  });

  test.each([
    [
      'Акт 2013/№1.pdf',
      '2013-06-12T01:20:00.123Z',
      'eyJmaWxlbmFtZSI6ItCQ0LrRgiAyMDEzL+KEljEucGRmIiwibXRpbWUiOiIxMzcxMDAwMDAwMTIzIn0=',
    ],
    [
      'naïve_ß.txt',
      '1969-12-30T23:59:59.000Z',
      'eyJmaWxlbmFtZSI6Im5hw692ZV/Dny50eHQiLCJtdGltZSI6Ii04NjQwMTAwMCJ9',
    ],
    ['x+y=z.csv', '1970-01-01T00:00:00.005Z', 'eyJmaWxlbmFtZSI6IngreVx1MDAzZHouY3N2IiwibXRpbWUiOiI1In0='],
  ])('%s: its times are milliseconds', (name, modifiedAt, text) => {
    expect(readDescription(`mt2 ${text}`)).toEqual({ name, modifiedAt, writer: 'glacier-interface' });
  });
});

describe('FastGlacier and its likes', () => {
  test.each(survtur)('Survtur: $name, as its own encoder wrote it', (vector) => {
    expect(readDescription(vector.description)).toEqual({
      ...expected(vector),
      writer: 'fastglacier',
      ...(vector.name.endsWith('/') ? { isFolder: true } : {}),
    });
  });

  it('marks what is compressed or encrypted, with what the file was before', () => {
    const text = (coding: string) => `<m><v>4</v><p>YQ==</p><lm>20121114T201618Z</lm><ce>${coding}</ce></m>`;
    const md5 = '4340ebcf79712dc5e3ef7d50bab98ba5';
    expect(readDescription(text(`1:0:${md5.toUpperCase()}:54687`))).toEqual({
      name: 'a',
      modifiedAt: '2012-11-14T20:16:18.000Z',
      writer: 'fastglacier',
      isCompressed: true,
      original: { md5, sizeBytes: 54687 },
    });
    expect(readDescription(text(`0:1:${md5}`))).toMatchObject({
      isEncrypted: true,
      original: { md5, sizeBytes: null },
    });
    expect(readDescription(text(`0:0:${md5}:7`))).not.toHaveProperty('isCompressed');
  });

  test.each([
    ['v1, with blanks', '<ArchiveMetadata>  <Path>\n  ZGlyL2E=  </Path></ArchiveMetadata>', 'dir/a'],
    ['v2', '<m><v>2</v><p>L3NoYXJlL2E=</p><lm>20121114T201618Z</lm></m>', '/share/a'],
    ['a path that is all digits in base64', '<m><v>4</v><p>1234</p></m>', null],
  ])('%s', (_what, description, name) => {
    expect(readDescription(description)).toMatchObject(
      name === null ? { writer: null } : { name, writer: 'fastglacier' },
    );
  });

  it('offers slashes for the semicolons of GlacialBackup, and does not believe its unknown time', () => {
    const path = 'glacial_backup;photos;ready;00001.tar';
    const description = `<m><v>4</v><p>${Buffer.from(path).toString('base64')}</p><lm>19010101T010101Z</lm></m>`;
    expect(readDescription(description)).toEqual({
      name: path,
      otherName: 'glacial_backup/photos/ready/00001.tar',
      modifiedAt: null,
      writer: 'fastglacier',
    });
  });

  it('has no name where the path is empty', () => {
    expect(readDescription('<m><v>4</v><p></p><lm>20121114T201618Z</lm></m>').name).toBeNull();
  });
});

describe('CloudBerry', () => {
  const dated = (path: string, more = '') => `{"Path":"${path}","UTCDateModified":"20130322T120043Z"${more}}`;
  test.each([
    ['CBB+AF8-SRV/D:/Gr+APYA3w-e+AF8-1/a+ACY-b.txt', 'CBB_SRV/D:/Größe_1/a&b.txt'],
    ['100+ACU-20 +ACY- more', '100%20 & more'],
    ['+BBAEOgRC- 2013/+IRY-1.pdf', 'Акт 2013/№1.pdf'],
    ['na+AO8-ve+AF8A3w-.txt', 'naïve_ß.txt'],
    ['+2DTdHg- score.mid', '𝄞 score.mid'],
    ['x+-y+AD0-z.csv', 'x+y=z.csv'],
    ['+ZeVnLIqeAF8w1TChMKQw6w-.txt', '日本語_ファイル.txt'],
    ['c:+AFw-dir+AFw-x', 'c:\\dir\\x'],
    ['+AOk--x', 'é-x'],
  ])('%s is UTF-7', (path, name) => {
    expect(readDescription(dated(path))).toEqual({
      name,
      modifiedAt: '2013-03-22T12:00:43.000Z',
      writer: 'cloudberry',
    });
  });

  test.each(['CB+F8-M5/B:/c01', 'a_b+AF8-', '+AF8', '+2DQ-', '+AF9-'])(
    '%s is no UTF-7 that .NET writes, and is taken as it is',
    (path) => {
      expect(readDescription(dated(path)).name).toBe(path);
    },
  );

  it('is told by its time: a Path alone is no UTF-7', () => {
    expect(readDescription('{"Path":"a+AF8-b"}').name).toBe('a+AF8-b');
  });

  it('marks what is compressed, encrypted, or both', () => {
    expect(readDescription(dated('a', ',"Flags":1'))).toMatchObject({ isCompressed: true });
    expect(readDescription(dated('a', ',"Flags":2'))).toMatchObject({ isEncrypted: true });
    expect(readDescription(dated('a', ',"Flags":3'))).toMatchObject({
      isCompressed: true,
      isEncrypted: true,
    });
  });
});

describe('QNAP', () => {
  it('has an absolute path, and marks folders', () => {
    expect(readDescription('{"path": "/share/x.pdf", "type": "file"}')).toEqual({
      name: '/share/x.pdf',
      modifiedAt: null,
      writer: 'qnap',
    });
    expect(readDescription('{"path": "/share/x", "type": "folder"}')).toMatchObject({ isFolder: true });
  });

  it('offers both readings of a path that may be escaped twice', () => {
    expect(readDescription('{"path": "/share/\\\\u00d6l", "type": "file"}')).toMatchObject({
      name: '/share/Öl',
      otherName: '/share/\\u00d6l',
    });
  });
});

describe('glacier-rsync', () => {
  it('has path, size and a time with a fraction', () => {
    expect(readDescription('grsync|/srv/a.txt|12|1352924178.5|nightly')).toEqual({
      name: '/srv/a.txt',
      modifiedAt: '2012-11-14T20:16:18.500Z',
      writer: 'glacier-rsync',
      original: { md5: null, sizeBytes: 12 },
    });
  });

  it('says when there is another reading', () => {
    expect(readDescription('grsync|a|1|2.0|b|3|4.0|')).toMatchObject({ name: 'a', otherName: 'a|1|2.0|b' });
  });
});

describe('percent escapes', () => {
  test.each([
    ['boto 2.49', '%D0%90%D0%BA%D1%82 2013/%E2%84%961.pdf', 'Акт 2013/№1.pdf', undefined],
    ['boto 2.27', '%D0%90%D0%BA%D1%82+2013/%E2%84%961.pdf', 'Акт+2013/№1.pdf', 'Акт 2013/№1.pdf'],
    ['a percent sign of the name', '100% caf%C3%A9', '100% café', undefined],
  ])('of bytes that are not ASCII are certain: %s', (_tool, description, name, otherName) => {
    const reading = readDescription(description);
    expect(reading).toMatchObject({ name, writer: 'boto' });
    expect(reading.otherName).toBe(otherName);
  });

  test.each([
    ['boto 2.34', '%D0%90%D0%BA%D1%82%202013/%E2%84%961.pdf', 'Акт 2013/№1.pdf'],
    ['boto 2.17', '%D0%90%D0%BA%D1%82+2013%2F%E2%84%961.pdf', 'Акт 2013/№1.pdf'],
    ['somebody’s own', 'my%20file.pdf', 'my file.pdf'],
  ])('of ASCII may be the name itself, so that both are told: %s', (_tool, description, otherName) => {
    expect(readDescription(description)).toEqual({
      name: description,
      otherName,
      modifiedAt: null,
      writer: null,
    });
  });

  it('that are no UTF-8 are text', () => {
    expect(readDescription('caf%E9')).toEqual({ name: 'caf%E9', modifiedAt: null, writer: null });
  });
});

describe('any description', () => {
  it('without anything to see has no name', () => {
    for (const description of ['', '   ']) expect(readDescription(description).name).toBeNull();
  });

  const pieces = fc.constantFrom(
    ...[
      'mt2 ',
      'mt1 ',
      '<m>',
      '</m>',
      '<p>',
      '</p>',
      '{"Path":"',
      '"}',
      '%C3',
      '+AF8-',
      'grsync|',
      '|1|2.0|',
    ],
  );
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.oneof(pieces, fc.string()), { maxLength: 12 }).map((parts) => parts.join('')),
    fc.json().map((json) => `mt2 ${Buffer.from(json).toString('base64url')}`),
    fc.json(),
  );

  it('never fails to be read', () => {
    fc.assert(
      fc.property(texts, (description) => {
        const { name, modifiedAt, otherName } = readDescription(description);
        expect(name === null || name.length > 0).toBe(true);
        expect(modifiedAt === null || !Number.isNaN(Date.parse(modifiedAt))).toBe(true);
        if (otherName !== undefined) expect(otherName).not.toBe(name);
      }),
    );
  });

  it('of ours is read back as the name', () => {
    const names = fc.string({ unit: 'binary', minLength: 1 }).filter((name) => name.trim() !== '');
    fc.assert(
      fc.property(names, (name) => {
        const reading = readDescription(pathDescription(name));
        expect(reading).toEqual({ name, modifiedAt: null, writer: 'glacier-up' });
      }),
    );
  });

  it('that another program wrote in our form has a name and no writer', () => {
    expect(readDescription('{ "Path": "día.tar" }')).toEqual({
      name: 'día.tar',
      modifiedAt: null,
      writer: null,
    });
  });
});
