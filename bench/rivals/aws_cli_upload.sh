#!/bin/sh
# Uploads a file as a script around the AWS CLI does: URL VAULT FILE PART_BYTES PROCESSES TREE_HASH FOLDER. Prints the
# archive ID. The tree hash, which the CLI does not compute, is given.
set -eu
url=$1 vault=$2 file=$3 part_bytes=$4 processes=$5 tree_hash=$6 folder=$7
size=$(stat -c %s "$file")
glacier() { /usr/bin/aws glacier --endpoint-url "$url" "$@"; }

id=$(glacier initiate-multipart-upload --account-id - --vault-name "$vault" --part-size "$part_bytes" --query uploadId --output text)
split --bytes "$part_bytes" --numeric-suffixes --suffix-length 5 "$file" "$folder/part-"
export url vault id
start=0
for part in "$folder"/part-*; do
  length=$(stat -c %s "$part")
  printf '%s\0bytes %s-%s/*\0' "$part" "$start" "$((start + length - 1))"
  start=$((start + length))
done | xargs -0 -n 2 -P "$processes" sh -euc '
  exec /usr/bin/aws glacier --endpoint-url "$url" upload-multipart-part --account-id - --vault-name "$vault" \
    "--upload-id=$id" --body "$0" --range "$1" >/dev/null'
rm "$folder"/part-*
glacier complete-multipart-upload --account-id - --vault-name "$vault" "--upload-id=$id" --checksum "$tree_hash" \
  --archive-size "$size" --query archiveId --output text
