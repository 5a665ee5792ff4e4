#!/bin/sh
# Sends one archive by the tasks of a Grid Engine array. README.md shows how the upload is begun and completed.
#
#   export FILE=/data/big.tar VAULT=photos UPLOAD_ID=…
#   qsub -V grid-engine-array.sh
#
# Run some tasks again, still as shards of eight: qsub -V -t 3 grid-engine-array.sh
#$ -N glacier-up
#$ -S /bin/sh
#$ -cwd
#$ -j y
#$ -t 1-8
#$ -r y
set -eu
exec glacier-up upload "$FILE" --vault "$VAULT" "--upload-id=$UPLOAD_ID" --shard auto/8 --retry-for 2h
