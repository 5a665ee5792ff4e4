#!/usr/bin/env bash
# GNU parallel numbers its jobs for their commands: {#} and PARALLEL_SEQ are 1, 2, 3 in three jobs. sem is the same
# program, and is often used in a loop as "parallel with a queue".
#
# One would expect: three commands started by sem from one loop are numbered 1, 2, 3 as well.
# What happens:     each of them is number 1, and gets PARALLEL_SEQ=1. Each sem is a run of its own with one job.
# Version:          Debian package parallel 20221122+ds-2
# Who is hurt:      whoever shares work by PARALLEL_SEQ (share n of m): under sem every command takes share 1, the
#                   others are never done, and every command succeeds.
set -euo pipefail
version=20221122+ds-2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -q "parallel=$version" >/dev/null 2>&1
dpkg-deb -x ./parallel_*.deb root
export PATH="$folder/root/usr/bin:$PATH" HOME="$folder" PARALLEL_HOME="$folder/.parallel"
mkdir -p "$PARALLEL_HOME"
touch "$PARALLEL_HOME/will-cite"

# Debian renames the program beside that of moreutils; the name that it is called by decides what it does.
parallel=$(find "$folder/root/usr/bin" -name parallel -o -name parallel.gnu | head -n 1)
ln -s "$parallel" "$folder/sem"

from_parallel=$(perl "$parallel" -k -j3 'printf %s "$PARALLEL_SEQ"; : {}' ::: a b c)
from_sem=$(for word in a b c; do perl "$folder/sem" --id finding -j3 'printf %s "$PARALLEL_SEQ"; : '"$word"; done; perl "$folder/sem" --id finding --wait)
echo "parallel $version: PARALLEL_SEQ of three jobs of parallel: $from_parallel"
echo "parallel $version: PARALLEL_SEQ of three commands of sem:  $from_sem"
[ "$from_parallel" = 123 ] && [ "$from_sem" = 111 ]
