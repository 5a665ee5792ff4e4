#!/usr/bin/env bash
# sbatch --wait of Slurm returns when the job has ended; its manual says: with the exit code of the job, or with 1 if a signal
# ended the job.
#
# One would expect: it fails for a job that never ran, so that "sbatch --wait upload.sh && rm big.tar" is safe.
# What happens:     if the job is cancelled while it waits in the queue, sbatch --wait prints nothing and exits with 0. It
#                   does the same if Slurm cancels the job, because the job that it depends on (afterok) did not succeed.
#                   The state of such a job is CANCELLED, and its exit code is 0:0.
# Version:          Debian packages slurmctld and slurm-client 22.05.8-4+deb12u3
# Who is hurt:      whoever deletes or overwrites the source after sbatch --wait: an upload is cancelled or fails, the job
#                   that would complete it never starts, and the script goes on as if the archive were there. A job with
#                   --dependency=afterok does not start in these cases: let such a job delete the source.
set -euo pipefail
version=22.05.8-4+deb12u3
folder=$(mktemp -d)
controller=
trap '[ -z "$controller" ] || { kill "$controller"; wait "$controller" || true; }; rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -q "slurmctld=$version" "slurm-client=$version" "slurm-wlm-basic-plugins=$version" libmunge2 >/dev/null 2>&1
for package in ./*.deb; do dpkg-deb -x "$package" root; done
libraries=$(echo "$folder"/root/usr/lib/*-linux-gnu)
export PATH="$folder/root/usr/sbin:$folder/root/usr/bin:$PATH" LD_LIBRARY_PATH="$libraries:$libraries/slurm-wlm"
export SLURM_CONF="$folder/slurm.conf"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
mkdir state
# A controller and a node that is not up: jobs wait in the queue.
cat >slurm.conf <<CONF
ClusterName=finding
SlurmctldHost=$(hostname)(127.0.0.1)
SlurmUser=$(id -un)
AuthType=auth/none
CredType=cred/none
PluginDir=$libraries/slurm-wlm
SlurmctldPort=$port
SlurmctldPidFile=$folder/slurmctld.pid
StateSaveLocation=$folder/state
ProctrackType=proctrack/linuxproc
MpiDefault=none
SchedulerParameters=sched_interval=1,sched_min_interval=0
NodeName=node NodeAddr=127.0.0.1 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES State=UP
CONF
slurmctld -D -f slurm.conf >log 2>&1 &
controller=$!
until squeue >/dev/null 2>&1; do kill -0 "$controller"; sleep 0.2; done

# The upload, and the job that completes it: both wait in the queue. Then somebody cancels the upload.
sbatch --wait --parsable --output=/dev/null --wrap 'touch uploaded' >first &
upload=$!
until [ -s first ]; do sleep 0.1; done
sbatch --wait --parsable --output=/dev/null --dependency="afterok:$(<first)" --kill-on-invalid-dep=yes --wrap 'touch completed' >second &
complete=$!
until [ -s second ]; do sleep 0.1; done
scancel "$(<first)"
cancelled=0
wait "$upload" || cancelled=$?
dependent=0
wait "$complete" || dependent=$?
state() { scontrol show job --oneliner "$1" | sed -E 's/.* JobState=([^ ]*).* ExitCode=([^ ]*).*/\1, exit code \2/'; }
echo "slurm $version: cancelled in the queue:     $(state "$(<first)"); sbatch --wait exits $cancelled"
echo "slurm $version: dependency never satisfied: $(state "$(<second)"); sbatch --wait exits $dependent"
[ "$cancelled" = 0 ] && [ "$dependent" = 0 ] && [ ! -e uploaded ] && [ ! -e completed ]
