import { describe, expect, test } from 'vitest';
import { parseFaultRule } from '../../src/server/faults/fault-language.js';
import { startVaultServer } from '../../src/server/index.js';
import { newFolder } from './helpers/vault.js';

describe('a fault rule', () => {
  test.each([
    ['upload-part#2:cut@4096', { operation: 'upload-part', first: 2, last: 2, action: 'cut', number: 4096 }],
    ['upload-part#2:cut', { action: 'cut', number: 0 }],
    ['complete#1:lose-reply', { operation: 'complete', first: 1, last: 1, action: 'lose-reply' }],
    ['list-parts#*:repeat-marker', { first: 1, last: Number.POSITIVE_INFINITY }],
    ['upload-part#3-5:error=ThrottlingException', { first: 3, last: 5, code: 'ThrottlingException' }],
    ['upload-part#4-:status=520', { first: 4, last: Number.POSITIVE_INFINITY, number: 520 }],
    ['*:delay=2s', { operation: '*', number: 2000 }],
    ['*:skew=-1h', { number: -3_600_000 }],
    ['list-parts:huge-reply=2M', { number: 2 * 1024 * 1024 }],
    ['upload-part:slow-body=256K/s', { number: 256 * 1024 }],
    ['upload-part:throttle=5/s', { number: 5 }],
  ])('%s is understood', (text, expected) => {
    expect(parseFaultRule(text)).toMatchObject(expected);
  });

  test.each([
    ['nonsense', 'it must read OPERATION[#WHICH]:ACTION[=VALUE]'],
    ['uplod-part:cut', 'there is no operation "uplod-part"; legal are list-vaults, '],
    ['upload-part:explode', 'there is no action "explode"; legal are error, '],
    ['upload-part:constructor', 'there is no action "constructor"'],
    ['upload-part#0:cut', '"#0" must be a number from 1'],
    ['upload-part#5-3:cut', '"#5-3" must be'],
    ['upload-part#:cut', '"#" must be'],
    ['upload-part:error=Nope', 'error needs "=" and one of AccessDeniedException, '],
    ['upload-part:error', 'error needs "=" and one of'],
    ['upload-part:cut=4096', 'cut needs "@" and a value like 4096 or 1M'],
    ['upload-part:delay=2', 'delay needs "=" and a value like 500ms, 2s, 5m or 1h'],
    ['upload-part:delay=999999999h', 'delay has a value of more than 100 years'],
    ['*:skew=-999999999h', 'skew has a value of more than 100 years'],
    ['upload-part:cut@99999999999999999999', 'cut has too large a value'],
    ['upload-part:status=99', 'status needs "="'],
    ['complete:lose-reply=1', 'lose-reply takes no value'],
    ['complete:repeat-marker', 'repeat-marker is for list-parts only'],
    ['*:no-archive-id', 'no-archive-id is for complete, upload-archive only'],
  ])('%s is refused: %s', (text, reason) => {
    expect(() => parseFaultRule(text)).toThrow(`fault rule "${text}": ${reason}`);
  });

  test('that is wrong keeps the server from starting, and from touching the folder', async () => {
    const dir = `${await newFolder()}/new`;
    await expect(startVaultServer({ dir, faults: ['x'] })).rejects.toMatchObject({ code: 'bad-fault' });
    await expect(
      startVaultServer({ dir, faults: [] }).then((server) => server.close()),
    ).resolves.toBeUndefined();
  });
});
