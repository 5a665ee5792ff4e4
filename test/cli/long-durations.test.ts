/** Durations that are longer than a timer of Node can hold: about 24.8 days. */
import { describe, expect, test } from 'vitest';
import { makeServedPlace } from '../helpers/served-place.js';

describe('a duration that is longer than a timer can hold', () => {
  test.each(['--connect-timeout', '--read-timeout'])('is refused for %s: exit 2', async (option) => {
    const { run, file } = await makeServedPlace();
    const { code, stderr } = await run(['upload', file, option, '30d']);
    expect(stderr).toContain('The longest time limit is 24d.');
    expect(code).toBe(2);
  });

  test.each<[string, string]>([
    ['--read-timeout', '5d'],
    ['--read-timeout', '24d'],
    ['--connect-timeout', '24d'],
    ['--retry-for', '60d'],
    ['--wait-lock', '60d'],
  ])('is no reason to end a request: %s %s', async (option, duration) => {
    const { run, file, archives } = await makeServedPlace();
    // Of the requests, Complete has five times the limit of the others.
    const { code, stderr } = await run(['upload', file, '--part-size', '1M', option, duration, '--verbose']);
    expect(stderr).not.toContain('try 1 failed');
    expect(code).toBe(0);
    expect(archives()).toHaveLength(1);
  });

  test.each(['--retry-for', '--wait-lock'])('is refused for %s only beyond a century', async (option) => {
    const { run, file } = await makeServedPlace();
    expect(await run(['upload', file, option, '99999999999999d'])).toMatchObject({ code: 2 });
  });
});
