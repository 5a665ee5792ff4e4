#!/bin/sh
# Archives one file by many processes, on this machine or on several. Run it again until it exits 0.
#
#   gnu-parallel.sh FILE VAULT [SHARDS]
#
# Several machines: PARALLEL='--sshlogin host1,host2,host3' gnu-parallel.sh …
# They need glacier-up, credentials, and the file under the same absolute path.
set -eu
file=$1 vault=$2 shards=${3:-8}

# The upload ID stays beside the file until the archive is there: a second run carries the same upload on.
id_file=$file.upload-id
finish() {
  glacier-up complete "$file" --vault "$vault" "--upload-id=$1" && rm -f "$id_file"
}

if [ -s "$id_file" ]; then
  id=$(cat "$id_file")
  # The run before may have come as far as this.
  if finish "$id"; then exit 0; fi
else
  id=$(glacier-up upload "$file" --vault "$vault" --begin)
  # Nothing was begun: the vault has this content already. This prints its archive ID.
  if [ -z "$id" ]; then exec glacier-up upload "$file" --vault "$vault"; fi
  printf '%s\n' "$id" >"$id_file"
fi

# --retries runs a shard again that failed or was killed; what it had stored is not sent again.
seq "$shards" | parallel --will-cite --quote --jobs "$shards" --retries 3 -N0 \
  glacier-up upload "$file" --vault "$vault" "--upload-id=$id" --shard "{#}/$shards"

finish "$id"
