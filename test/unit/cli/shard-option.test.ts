import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseShard, resolveShard } from '../../../src/cli/shard-option.js';

describe('--shard', () => {
  test.each([
    ['0/8', { index: 0, count: 8 }],
    ['7/8', { index: 7, count: 8 }],
    ['8/8', { index: 0, count: 8 }],
    ['0/1', { index: 0, count: 1 }],
    ['auto', { auto: true }],
    ['auto/8', { auto: true, count: 8 }],
  ])('%s is understood', (text, shard) => {
    expect(parseShard(text)).toEqual(shard);
  });

  test.each([
    '',
    '3',
    '/8',
    '3/',
    '9/8',
    '-1/8',
    '1/0',
    '0/0',
    '1.5/8',
    '1/8/2',
    'auto/0',
    'AUTO',
    '1/10001',
    ' 1/8',
  ])('"%s" is refused', (text) => {
    expect(() => parseShard(text)).toThrow(/Write|is from/);
  });

  test('numbers from 0 and numbers from 1 both give every part to one shard', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.constantFrom(0, 1), (count, first) => {
        const written = Array.from({ length: count }, (_, task) => parseShard(`${task + first}/${count}`));
        const indexes = written.map((shard) => resolveShard(shard, {}).index);
        expect(indexes.sort((a, b) => a - b)).toEqual([...Array(count).keys()]);
      }),
    );
  });
});

const slurm = (id: number, min: number, max: number, count = max - min + 1) => ({
  SLURM_ARRAY_TASK_ID: `${id}`,
  SLURM_ARRAY_TASK_MIN: `${min}`,
  SLURM_ARRAY_TASK_MAX: `${max}`,
  SLURM_ARRAY_TASK_COUNT: `${count}`,
});

describe('--shard auto', () => {
  test.each<[string, string, Record<string, string>, object]>([
    ['Slurm, from 0', 'auto', slurm(3, 0, 7), { index: 3, count: 8 }],
    ['Slurm, from 1', 'auto', slurm(8, 1, 8), { index: 0, count: 8 }],
    ['Slurm, from 10', 'auto', slurm(12, 10, 14), { index: 2, count: 5 }],
    ['Slurm, one task run again', 'auto/8', slurm(3, 3, 3), { index: 3, count: 8 }],
    ['Slurm, several run again', 'auto/8', slurm(5, 1, 5, 2), { index: 5, count: 8 }],
    ['Kubernetes', 'auto/8', { JOB_COMPLETION_INDEX: '7' }, { index: 7, count: 8 }],
    [
      'AWS Batch',
      'auto',
      { AWS_BATCH_JOB_ARRAY_INDEX: '0', AWS_BATCH_JOB_ARRAY_SIZE: '8' },
      { index: 0, count: 8 },
    ],
    ['GNU parallel', 'auto/8', { PARALLEL_SEQ: '8' }, { index: 0, count: 8 }],
  ])('%s', (_, text, env, shard) => {
    expect(resolveShard(parseShard(text), env)).toEqual(shard);
  });

  test.each<[string, string, Record<string, string>, RegExp]>([
    ['no scheduler', 'auto/8', {}, /finds no job array/],
    ['an empty variable', 'auto/8', { PARALLEL_SEQ: '' }, /finds no job array/],
    [
      'two schedulers',
      'auto',
      { ...slurm(1, 0, 7), PARALLEL_SEQ: '3' },
      /SLURM_ARRAY_TASK_ID and PARALLEL_SEQ/,
    ],
    ['Kubernetes without a count', 'auto', { JOB_COMPLETION_INDEX: '1' }, /Kubernetes tells no count/],
    ['GNU parallel without a count', 'auto', { PARALLEL_SEQ: '1' }, /GNU parallel tells no count/],
    [
      'an array of one job',
      'auto',
      { AWS_BATCH_JOB_ARRAY_INDEX: '0' },
      /AWS_BATCH_JOB_ARRAY_SIZE is not set/,
    ],
    ['a Slurm array with gaps', 'auto', slurm(3, 1, 7, 3), /gaps/],
    ['a number beyond the count', 'auto/8', { JOB_COMPLETION_INDEX: '9' }, /of 8 shards/],
    ['a number that is none', 'auto/8', { JOB_COMPLETION_INDEX: 'x' }, /JOB_COMPLETION_INDEX is "x"/],
    ['a count of none', 'auto', { ...slurm(0, 0, 0), SLURM_ARRAY_TASK_COUNT: '0' }, /there is no shard/],
  ])('%s is refused', (_, text, env, message) => {
    const option = parseShard(text);
    expect(() => resolveShard(option, env)).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringMatching(message) }),
    );
  });
});
