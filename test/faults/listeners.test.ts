/** Many requests at a time, and long replies: Node warns of nothing. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { MiB } from '../helpers/bytes.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { AUTHORIZATION } from '../server/helpers/vault.js';
import { makeMachine, program } from './helpers/machine.js';

test('an upload of 32 parts at a time says nothing under --quiet', async () => {
  const machine = makeMachine({ sizeBytes: 40 * MiB });
  const place = ['--vault', 'demo', '--local', join(machine.folder, 'vault')];
  const words = ['upload', machine.file, ...place, '--part-size', '1M', '--concurrency', '32', '--quiet'];
  expect(await machine.run(words)).toMatchObject({ exitCode: 0, stderr: '' });
});

test('the embedded vault says nothing of a reply that its client reads slowly', async () => {
  const words = ['serve', '--dir', tempFolder(), '--port', '0', '--fault', 'list-vaults:huge-reply=64M'];
  const server = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void server.kill());
  let said = '';
  server.stderr.on('data', (text) => {
    said += text;
  });
  const [line] = await once(server.stdout, 'data');
  const url = /http:\/\/[^:]+:(\d+)/.exec(String(line));
  const socket = connect(Number(url?.[1]), '127.0.0.1');
  const headers = `Host: 127.0.0.1\r\nx-amz-glacier-version: 2012-06-01\r\nAuthorization: ${AUTHORIZATION}\r\n`;
  socket.write(`GET /-/vaults HTTP/1.1\r\n${headers}\r\n`);
  let readBytes = 0;
  for await (const bytes of socket) {
    readBytes += bytes.length;
    if (readBytes > 60 * MiB) break;
  }
  server.kill();
  await once(server, 'close');
  expect(said).not.toContain('MaxListenersExceededWarning');
  expect(readBytes).toBeGreaterThan(60 * MiB);
});
