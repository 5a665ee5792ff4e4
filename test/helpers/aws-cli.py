"""Debian's AWS CLI, imported once: each line on standard input is a command line, run in a fork of this process.

Importing it takes over a second, many times as long as a command. Only what /usr/bin/aws itself calls is called.
"""

import gc
import json
import os
import sys

import awscli.clidriver
import awscli.handlers  # What every command loads.

# Importing it says where its models are.
DATA_PATH = os.environ["AWS_DATA_PATH"]


def run(words, env, stdout, stderr):
    """Never returns: the fork is the command."""
    gc.disable()
    os.environ.clear()
    os.environ.update(env, AWS_DATA_PATH=DATA_PATH)
    for path, fd in ((os.devnull, 0), (stdout, 1), (stderr, 2)):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), fd)
    sys.argv = ["aws", *words]
    status = 1
    try:
        status = awscli.clidriver.main()
    except SystemExit as end:
        status = end.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status or 0)


# Pages that are shared with the forks stay so.
gc.freeze()
for line in sys.stdin:
    request = json.loads(line)
    child = os.fork()
    if child == 0:
        run(**request)
    _, ending = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(ending), flush=True)
