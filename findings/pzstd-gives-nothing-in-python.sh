#!/usr/bin/env bash
# pzstd compresses with all processors; "zstd -d" reads what it writes, as it reads several .zst files joined by cat.
# python-zstandard is the zstd library of Python.
#
# One would expect: decompress() returns all of the data, as decompress() of Python's gzip, bz2 and lzma does for several
#                   files joined, or it raises an error.
# What happens:     decompress() and read_to_iter() end after the first frame and do not report the rest. The first frame of
#                   pzstd holds only a length, so that they return no bytes at all. stream_reader() of the same library
#                   returns everything.
# Version:          Debian packages zstd 1.5.4+dfsg2-5 and python3-zstandard 0.20.0-3
# Who is hurt:      whoever restores backups with a Python script: a dump that was compressed with pzstd comes out empty, one
#                   that was joined from pieces comes out as its first piece, without an error.
set -euo pipefail
zstd=1.5.4+dfsg2-5
python=0.20.0-3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -q "zstd=$zstd" "python3-zstandard=$python" >/dev/null 2>&1
for package in ./*.deb; do dpkg-deb -x "$package" root; done
PATH="$folder/root/usr/bin:$PATH"
seq 100000 >dump
pzstd -q -p 2 dump -o pzstd.zst
{ zstd -q -c dump; zstd -q -c dump; } >joined.zst
cat >try.py <<'PY'
import io, subprocess, sys
import zstandard

ways = {
    'decompress()': lambda d, data: d.decompress(data, max_output_size=10**7),
    'read_to_iter()': lambda d, data: b''.join(d.read_to_iter(io.BytesIO(data))),
    'stream_reader()': lambda d, data: d.stream_reader(io.BytesIO(data)).read(),
}
dump = open('dump', 'rb').read()
seen = {}
for name in ('pzstd.zst', 'joined.zst'):
    data = open(name, 'rb').read()
    right = subprocess.run(['zstd', '-dcq', name], stdout=subprocess.PIPE, check=True).stdout
    print(f'{name}: zstd -d: {len(right)} bytes')
    for way, read in ways.items():
        seen[name, way] = read(zstandard.ZstdDecompressor(), data)
        print(f'{name}: {way}: {len(seen[name, way])} bytes')
    if seen[name, 'stream_reader()'] != right:
        sys.exit(1)
short = ('decompress()', 'read_to_iter()')
sys.exit(0 if all(seen['pzstd.zst', way] == b'' and seen['joined.zst', way] == dump for way in short) else 1)
PY
PYTHONPATH="$folder/root/usr/lib/python3/dist-packages" python3 try.py
