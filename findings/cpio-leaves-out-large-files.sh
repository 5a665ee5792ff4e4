#!/usr/bin/env bash
# GNU cpio writes archives to a pipe, as in "find . | cpio -o -H newc". Its formats have a fixed number of digits for the
# size of a file: up to 4 GiB in newc, up to 8 GiB in odc and ustar.
#
# One would expect: a file that is too large for the format makes cpio fail, as a file that does not exist does: cpio goes
#                   on with the other files and exits with 2.
# What happens:     the file is left out, and cpio exits with 0. Only a line of its error output says so, and for newc it
#                   names a wrong limit (0..16777215).
# Version:          Debian package cpio 2.13+dfsg-7.1
# Who is hurt:      whoever pipes cpio into an uploader or a compressor: each stage of the pipeline succeeds, an archive is
#                   created and its hash is proved, and the largest files (disk images, databases) are not in it.
set -euo pipefail
version=2.13+dfsg-7.1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -q "cpio=$version" >/dev/null 2>&1
dpkg-deb -x ./cpio_*.deb root
cpio=$folder/root/bin/cpio
mkdir data
cd data
echo one >first
echo two >last
truncate -s 5G five # sparse, and never read
truncate -s 9G nine

# The exit code for the given files, and what is in the archive: pack FORMAT FILE...
pack() {
  local format=$1 status=0
  shift
  printf '%s\n' "$@" | "$cpio" --quiet -o -H "$format" >../archive 2>>../errors || status=$?
  echo "exit $status: $("$cpio" --quiet -t <../archive | xargs)"
}
missing=$(pack newc first missing last)
newc=$(pack newc first five last)
odc=$(pack odc first nine last)
ustar=$(pack ustar first nine last)
echo "cpio $version, of three files:"
echo "newc, one does not exist: $missing"
echo "newc, one has 5 GiB:      $newc"
echo "odc, one has 9 GiB:       $odc"
echo "ustar, one has 9 GiB:     $ustar"
sed "s|.*/cpio: |error output: |" ../errors
[ "$missing" = 'exit 2: first last' ] && [ "$newc" = 'exit 0: first last' ] && [ "$odc" = "$newc" ] && [ "$ustar" = "$newc" ]
