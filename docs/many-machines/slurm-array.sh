#!/bin/sh
# Sends one archive by the tasks of a Slurm array. README.md shows how the upload is begun and completed.
#
#   export FILE=/data/big.tar VAULT=photos UPLOAD_ID=…
#   sbatch slurm-array.sh
#
# Run some tasks again, still as shards of eight: sbatch --array=3,5 slurm-array.sh
#SBATCH --job-name=glacier-up
#SBATCH --array=0-7
#SBATCH --cpus-per-task=2
#SBATCH --mem=512M
#SBATCH --requeue
set -eu
exec glacier-up upload "$FILE" --vault "$VAULT" "--upload-id=$UPLOAD_ID" --shard auto/8 --retry-for 2h
