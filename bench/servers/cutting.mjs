/** A link to a server that breaks: TARGET_URL CUT_BYTES COUNT_FILE. It notes how many bytes it has sent to clients. */
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';

const [targetUrl, cutText, countFile] = process.argv.slice(2);
let sent = 0;

createServer((client) => {
  const far = connect({ host: '127.0.0.1', port: Number(new URL(targetUrl).port) });
  const end = () => {
    client.destroy();
    far.destroy();
    writeFileSync(countFile, String(sent));
  };
  for (const socket of [client, far]) socket.on('error', end).on('close', end);
  client.pipe(far);
  let left = Number(cutText);
  far.on('data', (piece) => {
    const bytes = piece.subarray(0, left);
    left -= bytes.length;
    sent += bytes.length;
    const isFull = !client.write(bytes, () => left === 0 && end());
    if (!isFull || left === 0) return;
    far.pause();
    client.once('drain', () => far.resume());
  });
}).listen(0, '127.0.0.1', function () {
  process.stdout.write(`http://127.0.0.1:${this.address().port}\n`);
});
