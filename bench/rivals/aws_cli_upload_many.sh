#!/bin/sh
# Uploads each file of a folder as an archive, by processes of the AWS CLI: URL VAULT FOLDER PROCESSES. Prints the archive IDs.
set -eu
export url=$1 vault=$2
find "$3" -type f -print0 | xargs -0 -n 1 -P "$4" sh -euc '
  exec /usr/bin/aws glacier --endpoint-url "$url" upload-archive --account-id - --vault-name "$vault" \
    --archive-description "${0##*/}" --body "$0" --query archiveId --output text'
