#!/usr/bin/env bash
# The AWS CLI sends a request again when no answer comes: the connection breaks, or the answer takes longer than a minute. It
# sends a request up to three times.
#
# One would expect: not those that do something once more and cost once more. "upload-archive" creates an archive each
#                   time, and "initiate-job" asks for a retrieval each time.
# What happens:     these too. The service got the request, and only its answer was lost; yet the CLI sends it again, prints
#                   the ID of the last one, and exits with 0. Only --debug shows that there was more than one.
# Version:          Debian package awscli 2.9.19-1
# Who is hurt:      whoever uploads or retrieves over a line that breaks: the vault holds the archive up to three times, each
#                   is paid for every month, and only an inventory has the other IDs; a retrieval is paid for up to three
#                   times. AWS_MAX_ATTEMPTS=1 sends each request once; a lost answer is then an error, with unknown outcome.
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
import json

# Does what is asked, and loses the first two answers to each kind of request. GET tells what was done.
done = {'archives': 0, 'jobs': 0}

class Glacier(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers['Content-Length']))
        kind = self.path.rsplit('/', 1)[1]
        done[kind] += 1
        if done[kind] < 3:
            return
        self.send_response(201 if kind == 'archives' else 202)
        self.send_header('x-amz-archive-id' if kind == 'archives' else 'x-amz-job-id', f'{kind}-{done[kind]}')
        self.send_header('Content-Length', '0')
        self.end_headers()

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(str(done[self.path[1:]]).encode())

    def log_message(self, *_):
        pass

server = http.server.HTTPServer(('127.0.0.1', 0), Glacier)
print(server.server_port, flush=True)
server.serve_forever()
PY
python3 server.py >port &
server=$!
until [ -s port ]; do sleep 0.1; done
url=http://127.0.0.1:$(cat port)
export HOME="$folder" AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
glacier() { "$aws" --endpoint-url "$url" --output text glacier "$@" --account-id - --vault-name photos; }
count() { python3 -c 'import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode())' "$url/$1"; }
echo photos >archive
archive=$(glacier upload-archive --body archive --query archiveId)
job=$(glacier initiate-job --job-parameters '{"Type": "archive-retrieval", "ArchiveId": "any"}' --query jobId)
archives=$(count archives)
jobs=$(count jobs)
echo "awscli $version: upload-archive exits 0 and prints $archive; archives created: $archives"
echo "awscli $version: initiate-job exits 0 and prints $job; jobs started: $jobs"
[ "$archives" = 3 ] && [ "$archive" = archives-3 ] && [ "$jobs" = 3 ] && [ "$job" = jobs-3 ]
