/**
 * Descriptions that the tools' own encoders wrote: MetaData.pm of vsespb/mt-aws-glacier at v0.83beta (`mt1`) and 4b563cf
 * (`mt2`), fast_glacier.py of survtur/survtur-glacier at 3ff3a16; run with these names and times (seconds since 1970).
 */
export interface Vector {
  description: string;
  name: string;
  mtime: number;
}

export const mtglacier1: Vector[] = [
  {
    description: 'mt1 eyJmaWxlbmFtZSI6ImRpci9jYWbDg8KpLnR4dCIsIm10aW1lIjoiMjAxMjExMTRUMjAxNjE4WiJ9',
    mtime: 1352924178,
    name: 'dir/caf\u00e9.txt',
  },
  {
    description:
      'mt1 eyJmaWxlbmFtZSI6IsOQwpDDkMK6w5HCgiAyMDEzL8OiwoTCljEucGRmIiwibXRpbWUiOiIyMDEzMDYxMlQwMTIwMDBaIn0',
    mtime: 1371000000,
    name: '\u0410\u043a\u0442 2013/\u21161.pdf',
  },
  {
    description: 'mt1 eyJtdGltZSI6IjE5NjkxMjMwVDIzNTk1OVoiLCJmaWxlbmFtZSI6Im5hw4PCr3ZlX8ODwp8udHh0In0',
    mtime: -86401,
    name: 'na\u00efve_\u00df.txt',
  },
  {
    description: 'mt1 eyJmaWxlbmFtZSI6IsOwwp3ChMKeIHNjb3JlLm1pZCIsIm10aW1lIjoiMjAxMjEwMjhUMDEzMDAwWiJ9',
    mtime: 1351387800,
    name: '\ud834\udd1e score.mid',
  },
  {
    description: 'mt1 eyJmaWxlbmFtZSI6InRhaWwgIiwibXRpbWUiOiIxOTcwMDEwMVQwMDAwMDBaIn0',
    mtime: 0,
    name: 'tail ',
  },
  {
    description: 'mt1 eyJtdGltZSI6IjIwMDEwOTA5VDAxNDY0MFoiLCJmaWxlbmFtZSI6ImFcXGJcImMudHh0In0',
    mtime: 1000000000,
    name: 'a\\b"c.txt',
  },
  {
    description: 'mt1 eyJtdGltZSI6IjIxMDAwMTAxVDAwMDAwMFoiLCJmaWxlbmFtZSI6Inh-eS96K3c9LmNzdiJ9',
    mtime: 4102444800,
    name: 'x~y/z+w=.csv',
  },
  {
    description:
      'mt1 eyJmaWxlbmFtZSI6ImNhZsODwqnDjMKBIGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGQudGFyIiwibXRpbWUiOiIxOTcwMDEwMVQwMDAwMDFaIn0',
    mtime: 1,
    name: 'caf\u00e9\u0301 dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd.tar',
  },
  {
    description: 'mt1 eyJtdGltZSI6Ijk5OTkxMjMxVDIzNTk1OVoiLCJmaWxlbmFtZSI6IsOCwoXDgsKfw4PCvy5iaW4ifQ',
    mtime: 253402300799,
    name: '\u0085\u009f\u00ff.bin',
  },
  {
    description: 'mt1 eyJtdGltZSI6IjEwMDAwMTAxVDAwMDAwMFoiLCJmaWxlbmFtZSI6InllYXIxMDAwIn0',
    mtime: -30610224000,
    name: 'year1000',
  },
];

export const mtglacier2: Vector[] = [
  {
    description: 'mt2 eyJtdGltZSI6IjIwMTIxMTE0VDIwMTYxOFoiLCJmaWxlbmFtZSI6ImRpci9jYWbDqS50eHQifQ',
    mtime: 1352924178,
    name: 'dir/caf\u00e9.txt',
  },
  {
    description: 'mt2 eyJtdGltZSI6IjIwMTMwNjEyVDAxMjAwMFoiLCJmaWxlbmFtZSI6ItCQ0LrRgiAyMDEzL-KEljEucGRmIn0',
    mtime: 1371000000,
    name: '\u0410\u043a\u0442 2013/\u21161.pdf',
  },
  {
    description: 'mt2 eyJmaWxlbmFtZSI6Im5hw692ZV_Dny50eHQiLCJtdGltZSI6IjE5NjkxMjMwVDIzNTk1OVoifQ',
    mtime: -86401,
    name: 'na\u00efve_\u00df.txt',
  },
  {
    description: 'mt2 eyJmaWxlbmFtZSI6IvCdhJ4gc2NvcmUubWlkIiwibXRpbWUiOiIyMDEyMTAyOFQwMTMwMDBaIn0',
    mtime: 1351387800,
    name: '\ud834\udd1e score.mid',
  },
  {
    description: 'mt2 eyJmaWxlbmFtZSI6InRhaWwgIiwibXRpbWUiOiIxOTcwMDEwMVQwMDAwMDBaIn0',
    mtime: 0,
    name: 'tail ',
  },
  {
    description: 'mt2 eyJtdGltZSI6IjIwMDEwOTA5VDAxNDY0MFoiLCJmaWxlbmFtZSI6ImFcXGJcImMudHh0In0',
    mtime: 1000000000,
    name: 'a\\b"c.txt',
  },
  {
    description: 'mt2 eyJtdGltZSI6IjIxMDAwMTAxVDAwMDAwMFoiLCJmaWxlbmFtZSI6Inh-eS96K3c9LmNzdiJ9',
    mtime: 4102444800,
    name: 'x~y/z+w=.csv',
  },
  {
    description:
      'mt2 eyJtdGltZSI6IjE5NzAwMTAxVDAwMDAwMVoiLCJmaWxlbmFtZSI6ImNhZsOpzIEgZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZC50YXIifQ',
    mtime: 1,
    name: 'caf\u00e9\u0301 dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd.tar',
  },
  {
    description: 'mt2 eyJtdGltZSI6Ijk5OTkxMjMxVDIzNTk1OVoiLCJmaWxlbmFtZSI6IsKFwp_Dvy5iaW4ifQ',
    mtime: 253402300799,
    name: '\u0085\u009f\u00ff.bin',
  },
  {
    description: 'mt2 eyJtdGltZSI6IjEwMDAwMTAxVDAwMDAwMFoiLCJmaWxlbmFtZSI6InllYXIxMDAwIn0',
    mtime: -30610224000,
    name: 'year1000',
  },
];

export const survtur: Vector[] = [
  {
    description: '<m><v>4</v><p>ZGlyL2NhZsOpIPCfmIAudHh0</p><lm>20121114T201618Z</lm></m>',
    name: 'dir/caf\u00e9 \ud83d\ude00.txt',
    mtime: 1352924178,
  },
  {
    description: '<m><v>4</v><p>0JDQutGCLnBkZg==</p><lm>19700101T000000Z</lm></m>',
    name: '\u0410\u043a\u0442.pdf',
    mtime: 0,
  },
  {
    description: '<m><v>4</v><p>YS9iLw==</p><lm>20130612T012000Z</lm></m>',
    name: 'a/b/',
    mtime: 1371000000,
  },
  {
    description: '<m><v>4</v><p>eCt5PXogJiA8cD4uY3N2</p><lm>20010909T014640Z</lm></m>',
    name: 'x+y=z & <p>.csv',
    mtime: 1000000000,
  },
];
