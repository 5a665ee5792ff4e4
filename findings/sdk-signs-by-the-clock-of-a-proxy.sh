#!/usr/bin/env bash
# Requests of the AWS SDK for JavaScript, version 3, carry the time at which they were signed; the service refuses those that
# are more than a few minutes off. So the SDK corrects the clock of its machine.
#
# One would expect: by what the service says of the time, and where this machine's clock is off.
# What happens:     by the Date of any answer, however small the difference, also of an error page that a proxy or a load
#                   balancer sends in place of the service's answer. If that clock is off, the next request is signed with
#                   the proxy's time, though this machine's own clock is right.
# Version:          npm package @aws-sdk/client-glacier 3.1048.0
# Who is hurt:      whoever is behind a proxy with a wrong clock and sends streams, which the SDK does not repeat, or repeats
#                   requests in a way of their own: after an error page of the proxy the service refuses the next request for
#                   its date, and the message tells to set a clock that is right.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-save --prefix . @aws-sdk/client-glacier@3.1048.0 >/dev/null
cat >try.mjs <<'JS'
import { createServer } from 'node:http';
import { DescribeVaultCommand, GlacierClient } from '@aws-sdk/client-glacier';

// The first answer is a proxy's, whose clock is years behind; the others are the service's.
const signedAt = [];
const server = createServer((request, response) => {
  signedAt.push(request.headers['x-amz-date']);
  if (signedAt.length === 1) {
    response.writeHead(502, { Date: 'Wed, 01 Jan 2020 00:00:00 GMT', 'Content-Type': 'text/html' });
    response.end('<html>Bad Gateway</html>');
  } else response.writeHead(200, { 'x-amzn-RequestId': 'of-the-service' }).end('{}');
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

const client = new GlacierClient({
  endpoint: `http://127.0.0.1:${server.address().port}`,
  region: 'us-east-1',
  credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  maxAttempts: 1,
});
const thisYear = String(new Date().getFullYear());
for (let count = 0; count < 3; count += 1) {
  await client.send(new DescribeVaultCommand({ accountId: '-', vaultName: 'photos' })).catch(() => {});
}
client.destroy();
server.close();
const years = signedAt.map((text) => text.slice(0, 4));
console.log(`this machine's clock:                  ${thisYear}`);
console.log(`signed before the proxy's page:        ${years[0]}`);
console.log(`signed after it, to the service:       ${years[1]}`);
console.log(`signed after the service's own answer: ${years[2]}`);
process.exitCode = years.join() === [thisYear, '2020', thisYear].join() ? 0 : 1;
JS
AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED=true node try.mjs
