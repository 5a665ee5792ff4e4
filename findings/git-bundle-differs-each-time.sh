#!/usr/bin/env bash
# "git bundle create - --all" writes a repository with its whole history to a pipe: a backup in one file.
#
# One would expect: two bundles of an unchanged repository are the same bytes.
# What happens:     they differ nearly every time: git searches for similar objects with a thread for each processor, and which
#                   thread finds what first decides what is stored as a difference to what. With pack.threads=1, or when all
#                   objects are in one pack (after "git repack -ad"), they are the same.
# Version:          Debian package git 1:2.39.5-0+deb12u3
# Who is hurt:      whoever compares, resumes or deduplicates bundles: an upload that is resumed from a second run of the
#                   command finds other bytes in a part that is stored, and an unchanged repository is stored again each night.
set -euo pipefail
version=1:2.39.5-0+deb12u3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -q "git=$version" >/dev/null 2>&1
dpkg-deb -x ./git_*.deb root
export PATH="$folder/root/usr/bin:$PATH" GIT_EXEC_PATH="$folder/root/usr/lib/git-core" HOME="$folder" GIT_CONFIG_NOSYSTEM=1
# 50 commits, each with a few changed lines in 10 files; the objects are not packed yet.
git init --quiet --bare repository
python3 - <<'PY' | git -C repository -c fastimport.unpackLimit=10000 fast-import --quiet
import random

random.seed(7)
lines = [f'line {random.randrange(10**9)}\n' for _ in range(300)]
for commit in range(50):
    print(f'commit refs/heads/main\ncommitter A <a@example.com> {1700000000 + commit} +0000\ndata 0')
    for number in range(10):
        content = list(lines)
        for _ in range(5):
            content[random.randrange(300)] = f'changed {random.randrange(10**9)}\n'
        text = ''.join(content)
        print(f'M 100644 inline file{number}\ndata {len(text)}\n{text}')
PY

# How many different bundles six runs give with so many threads.
different() {
  for _ in 1 2 3 4 5 6; do git -C repository -c pack.threads="$1" bundle create --quiet - --all | sha256sum; done | sort -u | wc -l
}
one=$(different 1)
two=$(different 2)
four=$(different 4)
git -C repository repack -adq
packed=$(different 4)
echo "git $version, six bundles of one repository:"
echo "1 thread:                          $one different"
echo "2 threads:                         $two different"
echo "4 threads:                         $four different"
echo "4 threads, after git repack -ad:   $packed different"
[ "$one" = 1 ] && [ "$two" -gt 1 ] && [ "$four" -gt 1 ] && [ "$packed" = 1 ]
