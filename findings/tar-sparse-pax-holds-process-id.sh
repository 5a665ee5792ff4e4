#!/usr/bin/env bash
# GNU tar stores a sparse file (a disk image of a virtual machine) in the pax format under a name with the process ID of tar.
#
# One would expect: with the options that its manual names for reproducible pax archives (delete=atime,delete=ctime and an
#                   exthdr.name without %p), two archives of the same unchanged sparse file are the same bytes, as they are
#                   without --sparse.
# What happens:     they differ: the header of each sparse file has the name DIR/GNUSparseFile.PID/FILE, and no
#                   --pax-option changes it. With --format=gnu, or with --sparse-version=0.0, they are the same.
# Version:          Debian package tar 1.34+dfsg-1.2+deb12u1
# Who is hurt:      whoever compares, resumes or deduplicates the output of tar: an upload that is resumed from a second run of
#                   the command finds other bytes in its first part.
set -euo pipefail
version=1.34+dfsg-1.2+deb12u1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -q "tar=$version" >/dev/null 2>&1
dpkg-deb -x ./tar_*.deb root
tar=$folder/root/bin/tar
truncate -s 10M image
printf boot | dd of=image bs=1 seek=5000000 conv=notrunc status=none

# The archives of two runs: the same, or not.
twice() {
  "$tar" "$@" -cf one.tar image
  "$tar" "$@" -cf two.tar image
  if cmp -s one.tar two.tar; then echo same; else echo different; fi
}
reproducible='--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime'
whole=$(twice --format=pax "$reproducible")
sparse=$(twice --sparse --format=pax "$reproducible")
older=$(twice --sparse --sparse-version=0.0 --format=pax "$reproducible")
gnu=$(twice --sparse --format=gnu)
echo "tar $version, two archives of one file:"
echo "pax, reproducible:                               $whole"
echo "pax, reproducible, --sparse:                     $sparse"
echo "pax, reproducible, --sparse, --sparse-version=0.0: $older"
echo "gnu, --sparse:                                   $gnu"
[ "$whole" = same ] && [ "$sparse" = different ] && [ "$older" = same ] && [ "$gnu" = same ]
