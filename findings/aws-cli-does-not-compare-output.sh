#!/usr/bin/env bash
# The AWS CLI computes the tree hash of everything that it sends to Glacier. Of the output of a job it prints "checksum".
#
# One would expect: "aws glacier get-job-output" compares the bytes that came with the tree hash that came with them.
# What happens:     it does not: it stores other bytes, prints the tree hash of the right ones, and exits with 0.
# Version:          Debian package awscli 2.9.19-1
# Who is hurt:      whoever brings archives back with the AWS CLI and takes exit 0, or the printed checksum, for proof.
#                   Compute the tree hash of the file, and compare it with the checksum that was printed.
set -euo pipefail
version=2.9.19-1
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$folder"' EXIT
cd "$folder"
installed=$(dpkg-query -W -f='${Version}' awscli 2>/dev/null || true)
if [ "$installed" = "$version" ]; then
  aws=/usr/bin/aws
else
  # The CLI and what it imports; the system's own Python runs it.
  mapfile -t packages < <(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks \
    --no-replaces --no-enhances "awscli=$version" | grep -E '^(awscli|python3-[a-z0-9.+-]+)$' | grep -vE '^python3-(minimal|distutils|lib2to3)$' | sort -u)
  apt-get download -q "${packages[@]/#awscli/awscli=$version}" >/dev/null 2>&1
  for package in ./*.deb; do dpkg-deb -x "$package" root; done
  export PYTHONPATH="$folder/root/usr/lib/python3/dist-packages"
  aws="$folder/root/usr/bin/aws"
fi
cat >server.py <<'PY'
import http.server

class Output(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b'these are other bytes\n'
        self.send_response(200)
        self.send_header('Content-Type', 'application/octet-stream')
        self.send_header('Content-Length', str(len(body)))
        self.send_header('x-amz-sha256-tree-hash', 'ab' * 32)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

server = http.server.HTTPServer(('127.0.0.1', 0), Output)
print(server.server_port, flush=True)
server.serve_forever()
PY
python3 server.py >port &
server=$!
until [ -s port ]; do sleep 0.1; done
export HOME="$folder" AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
status=0
"$aws" --endpoint-url "http://127.0.0.1:$(cat port)" glacier get-job-output --account-id - --vault-name photos --job-id job out --output json || status=$?
received=$(sha256sum <out | cut -d ' ' -f 1)
echo "awscli $version: exit $status; the tree hash of what was stored is $received"
[ "$status" = 0 ] && [ "$received" != "$(printf 'ab%.0s' $(seq 32))" ]
