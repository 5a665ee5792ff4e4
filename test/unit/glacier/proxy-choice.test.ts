/** Which proxy the environment names, and for which hosts it has none. */
import { describe, expect, test } from 'vitest';
import { httpsProxy, isExcepted, proxyText } from '../../../src/glacier/connections/proxy-choice.js';

describe('the proxy', () => {
  test.each([
    [{}, null],
    [{ HTTP_PROXY: 'http://p:1' }, null],
    [{ https_proxy: '', HTTPS_PROXY: '' }, null],
    [{ HTTPS_PROXY: 'http://p:1' }, 'the proxy http://p:1 (HTTPS_PROXY)'],
    [{ HTTPS_PROXY: 'http://p:1', https_proxy: 'http://q:2' }, 'the proxy http://q:2 (https_proxy)'],
    [{ HTTPS_PROXY: 'http://p:1', https_proxy: '' }, 'the proxy http://p:1 (HTTPS_PROXY)'],
    [{ HTTPS_PROXY: 'p:3128' }, 'the proxy http://p:3128 (HTTPS_PROXY)'],
    [{ HTTPS_PROXY: 'https://user:secret@p:1' }, 'the proxy https://p:1 (HTTPS_PROXY)'],
  ])('of %j is %s', (env, text) => {
    const proxy = httpsProxy(env);
    expect(proxy && proxyText(proxy)).toBe(text);
  });

  test.each(['socks5://p:1', 'http://', 'p:x', 'http://user:secret@p:99999'])('is not %s', (text) => {
    const error = expect.objectContaining({
      code: 'usage',
      message: expect.not.stringContaining('secret'),
      hint: expect.stringContaining('https_proxy=http://HOST:PORT'),
    });
    expect(() => httpsProxy({ https_proxy: text })).toThrow(error);
  });
});

describe('no proxy is used', () => {
  test.each(['localhost', 'LOCALHOST', '127.0.0.1', '127.1.2.3', '::1', '[::1]'])('for %s', (host) => {
    expect(isExcepted(host, 443, {})).toBe(true);
  });

  test.each([
    ['example.com', 'example.com', true],
    ['a.example.com', 'example.com', true],
    ['a.example.com', '.example.com', true],
    ['example.com', '.example.com', true],
    ['a.example.com', '*.example.com', true],
    ['A.Example.COM', 'EXAMPLE.com', true],
    ['notexample.com', 'example.com', false],
    ['example.com.org', 'example.com', false],
    ['example.com', 'a.example.com', false],
    ['example.com', '*', true],
    ['example.com', 'other, example.com', true],
    ['example.com', 'other example.com', true],
    ['example.com', 'example.com:443', true],
    ['example.com', 'example.com:8443', false],
    ['example.com', ':443', false],
    ['example.com', '', false],
    ['1127.0.0.1', '', false],
    ['127.0.0.1.example.com', '', false],
  ])('for %s with NO_PROXY=%s: %s', (host, list, is) => {
    expect(isExcepted(host, 443, { NO_PROXY: list })).toBe(is);
    expect(isExcepted(host, 443, { no_proxy: list, NO_PROXY: 'unrelated' })).toBe(is);
  });

  test('by NO_PROXY where no_proxy is empty', () => {
    expect(isExcepted('example.com', 443, { no_proxy: '', NO_PROXY: 'example.com' })).toBe(true);
  });
});
