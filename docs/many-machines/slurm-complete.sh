#!/bin/sh
# Compares every part with the file and completes the upload. The archive ID is the only line of standard output.
# README.md shows how it is submitted behind slurm-array.sh.
#SBATCH --job-name=glacier-up-complete
#SBATCH --output=glacier-up-complete-%j.out
#SBATCH --cpus-per-task=2
#SBATCH --mem=512M
#SBATCH --requeue
set -eu
exec glacier-up complete "$FILE" --vault "$VAULT" "--upload-id=$UPLOAD_ID" --wait-lock 1h --retry-for 2h
