#!/usr/bin/env bash
# "aws glacier list-parts" lists what is stored of an upload: where to go on. The next parts must have the part size that the
# upload began with, and Glacier says it in the same answer.
#
# One would expect: the command prints what its help lists: MultipartUploadId, VaultARN, ArchiveDescription, PartSizeInBytes,
#                   CreationDate and Parts.
# What happens:     it prints Parts and nothing else; --query PartSizeInBytes gives "None", and it exits with 0. The CLI joins
#                   the pages of the list, and keeps only the list. With --no-paginate the part size is there, but then the
#                   parts are those of the first page, by default 50.
# Version:          Debian package awscli 2.9.19-1
# Who is hurt:      whoever resumes an upload with the AWS CLI. No stored part needs to have the whole part size (the only one
#                   may be the last), so that the part size cannot be taken from the list; a wrong one is refused.
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

UPLOAD = {
    'MultipartUploadId': 'upload',
    'VaultARN': 'arn:aws:glacier:us-east-1:111122223333:vaults/photos',
    'ArchiveDescription': 'photos.tar',
    'PartSizeInBytes': 4194304,
    'CreationDate': '2026-11-01T04:30:00.000Z',
    'Parts': [{'RangeInBytes': '8388608-9388607', 'SHA256TreeHash': 'ab' * 32}],
    'Marker': None,
}

class Glacier(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps(UPLOAD).encode()
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

server = http.server.HTTPServer(('127.0.0.1', 0), Glacier)
print(server.server_port, flush=True)
server.serve_forever()
PY
python3 server.py >port &
server=$!
until [ -s port ]; do sleep 0.1; done
export HOME="$folder" AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
list_parts() {
  "$aws" --endpoint-url "http://127.0.0.1:$(cat port)" glacier list-parts --account-id - --vault-name photos --upload-id upload "$@"
}
names=$(list_parts --query 'sort(keys(@))' --output text | xargs)
size=$(list_parts --query PartSizeInBytes --output text)
of_one_page=$(list_parts --no-paginate --query PartSizeInBytes --output text)
echo "awscli $version: list-parts prints:          $names"
echo "awscli $version: PartSizeInBytes:            $size"
echo "awscli $version: with --no-paginate:         $of_one_page"
[ "$names" = Parts ] && [ "$size" = None ] && [ "$of_one_page" = 4194304 ]
