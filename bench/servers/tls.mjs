/** Takes TLS off the connections to a server: TARGET_URL KEY_FILE CERTIFICATE_FILE. */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createServer } from 'node:tls';

const [targetUrl, keyFile, certificateFile] = process.argv.slice(2);
const { hostname, port } = new URL(targetUrl);

createServer({ key: readFileSync(keyFile), cert: readFileSync(certificateFile) }, (client) => {
  const server = connect(Number(port), hostname);
  client.pipe(server).pipe(client);
  client.on('error', () => server.destroy());
  server.on('error', () => client.destroy());
}).listen(0, '127.0.0.1', function () {
  process.stdout.write(`https://127.0.0.1:${this.address().port}\n`);
});
