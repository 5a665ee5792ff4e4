#!/bin/sh
# Compares every part with the file and completes the upload. The archive ID is the only line of standard output.
# README.md shows how it is submitted behind grid-engine-array.sh.
#$ -N glacier-up-complete
#$ -S /bin/sh
#$ -cwd
#$ -r y
set -eu
exec glacier-up complete "$FILE" --vault "$VAULT" "--upload-id=$UPLOAD_ID" --wait-lock 1h --retry-for 2h
