#!/usr/bin/env bash
# boto 2 downloads the output of a job in pieces and compares the tree hash of each with the one that Glacier sends with it.
#
# One would expect: the error TreeHashDoesNotMatchError means that the bytes are not those of the archive.
# What happens:     under Python 3, download_to_file() refuses every piece of every archive. It compares text with bytes,
#                   which are never equal: "b'…' does not match …", with the same digits twice. With verify_hashes=False
#                   the right bytes arrive, and nothing is compared.
# Version:          Debian package python3-boto 2.49.0-4.1
# Who is hurt:      whoever brings archives back with boto or a tool built on it: intact archives look damaged, and another
#                   retrieval, which is paid for, does not help. Download without the check, and compare the tree hash of the
#                   file yourself.
set -euo pipefail
version=2.49.0-4.1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -q "python3-boto=$version" python3-six >/dev/null 2>&1
for package in ./*.deb; do dpkg-deb -x "$package" root; done
cat >try.py <<'PY'
import hashlib, http.server, json, sys, threading
from boto.glacier.exceptions import TreeHashDoesNotMatchError
from boto.glacier.layer1 import Layer1
from boto.glacier.vault import Vault
from boto.regioninfo import RegionInfo

content = bytes(range(256)) * 12000  # 3 MB: three leaves
leaves = [hashlib.sha256(content[start:start + 2**20]).digest() for start in range(0, len(content), 2**20)]
tree_hash = hashlib.sha256(hashlib.sha256(leaves[0] + leaves[1]).digest() + leaves[2]).hexdigest()


class Glacier(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        job = {name: None for name in ('CompletionDate', 'CreationDate', 'InventorySizeInBytes', 'JobDescription', 'SNSTopic',
                                       'StatusMessage', 'VaultARN')}
        job.update(Action='ArchiveRetrieval', ArchiveId='archive', ArchiveSizeInBytes=len(content), Completed=True, JobId='job',
                   SHA256TreeHash=tree_hash, StatusCode='Succeeded')
        output = self.path.endswith('/output')
        body = content if output else json.dumps(job).encode()
        self.send_response(206 if output else 200)
        self.send_header('Content-Type', 'application/octet-stream' if output else 'application/json')
        self.send_header('Content-Length', str(len(body)))
        if output:
            self.send_header('Content-Range', f'bytes 0-{len(body) - 1}/{len(body)}')
            self.send_header('x-amz-sha256-tree-hash', tree_hash)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Glacier)
threading.Thread(target=server.serve_forever, daemon=True).start()
vault = Vault(Layer1(aws_access_key_id='any', aws_secret_access_key='any', is_secure=False, port=server.server_port,
                     region=RegionInfo(name='us-east-1', endpoint='127.0.0.1')))
vault.name = 'photos'
job = vault.get_job('job')
message = ''
try:
    job.download_to_file('checked')
except TreeHashDoesNotMatchError as error:
    message = str(error)
job.download_to_file('unchecked', verify_hashes=False)
same = open('unchecked', 'rb').read() == content
print(f'tree hash of the archive: {tree_hash}')
print(f'download_to_file():       {message or "succeeds"}')
print(f'verify_hashes=False:      {"the same bytes" if same else "other bytes"}')
sys.exit(0 if same and f"b'{tree_hash}' does not match" in message else 1)
PY
HOME=$folder PYTHONPATH="$folder/root/usr/lib/python3/dist-packages" python3 try.py
