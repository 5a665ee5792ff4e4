/** Published and recomputed tree hashes: what other tools, AWS's SDKs and the service itself have given. */

const mib = 1024 * 1024;

export interface Vector {
  input: string;
  bytes: () => Buffer;
  treeHash: string;
}

const filled = (sizeBytes: number, fill: string | number) => () => Buffer.alloc(sizeBytes, fill);
const text = (input: string) => () => Buffer.from(input);

export const vectors: readonly Vector[] = (
  [
    ['nothing', text(''), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['"abcd"', text('abcd'), '88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589'],
    ['"bar"', text('bar'), 'fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9'],
    [
      '"hello world"',
      text('hello world'),
      'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9',
    ],
    ['1,024 × a', filled(1024, 'a'), '2edc986847e209b4016e141a6dc8716d3207350f416969382d431539bf292e4a'],
    [
      '256 KiB of 0',
      filled(mib / 4, '0'),
      '6faefade5a638cd3545d638dd5754763658e32209e69420cb559b7650d4bf93a',
    ],
    [
      '1 MiB of a less one',
      filled(mib - 1, 'a'),
      '3311ea1faad557de3899e89a39076c69d9d0cc5b4cff56a0b61339f487395d56',
    ],
    ['1 MiB of a', filled(mib, 'a'), '9bc1b2a288b26af7257a36277ae3816a7d4f16e89c1e7e77d0a5c48bad62b360'],
    [
      '1 MiB of a and one',
      filled(mib + 1, 'a'),
      '8dd49bbc6297567fac3852c2deddcdbc57358bc403c10d4f6dc64b143ad9b27b',
    ],
    ['2 MiB of a', filled(2 * mib, 'a'), '560c2c9333c719cb00cfdffee3ba293db17f58743cdd1f7e4055373ae6300afa'],
    ['3 MiB of a', filled(3 * mib, 'a'), '70239f4f2ead7561f69d48b956b547edef52a1280a93c262c0b582190be7db17'],
    ['4 MiB of a', filled(4 * mib, 'a'), '9491cb2ed1d4e7cd53215f4017c23ec4ad21d7050a1e6bb636c4f67e8cddb844'],
    [
      '4 MiB of a and 20',
      filled(4 * mib + 20, 'a'),
      '12f3cbd6101b981cde074039f6f728071da8879d6f632de8afc7cdf00661b08f',
    ],
    ['5 MiB of a', filled(5 * mib, 'a'), '1ca676a2caf9791fcf24580c2c6f9b051ebbf689720da6ff8c41f2d01cdde5ea'],
    ['7 MiB of a', filled(7 * mib, 'a'), '97c5b900ef1ea71da2b168cbc9a5ca42130bae27ca3ef3277983bc069acaba16'],
    ['1 MiB of zeros', filled(mib, 0), '30e14955ebf1352266dc2ff8067e68104607e750abb9d3b36582b8af909fcb58'],
    [
      '5.5 MiB of zeros',
      filled(5.5 * mib, 0),
      'a3a82dbe3644dd6046be472f2e3ec1f8ef47f8f3adb86d0de4de7a254f255455',
    ],
    [
      '4,608,000 zeros',
      filled(4_608_000, 0),
      '3d760edb291bfc9d90d35809243de092aea4c47b308290ad12d084f69988ae0c',
    ],
    ['a newline', text('\n'), '01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b'],
  ] as const
).map(([input, bytes, treeHash]) => ({ input, bytes, treeHash }));
