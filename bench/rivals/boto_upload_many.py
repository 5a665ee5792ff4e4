"""Uploads each file of a folder as an archive with boto, in threads: PORT VAULT FOLDER THREADS. Prints the archive IDs."""
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from boto.glacier.layer1 import Layer1
from boto.glacier.utils import compute_hashes_from_fileobj
from boto.regioninfo import RegionInfo

port, vault, folder, threads = sys.argv[1:]
own = threading.local()


def api():
    """A thread's own, since boto's connections are not for several at once."""
    if not hasattr(own, "api"):
        own.api = Layer1(
            aws_access_key_id="bench",
            aws_secret_access_key="bench",
            is_secure=False,
            port=int(port),
            region=RegionInfo(name="us-east-1", endpoint="127.0.0.1"),
        )
        # boto reads both from the name of Amazon's host.
        own.api.auth_service_name = "glacier"
        own.api.auth_region_name = "us-east-1"
    return own.api


def send(name):
    with open(os.path.join(folder, name), "rb") as file:
        linear, tree = compute_hashes_from_fileobj(file)
        file.seek(0)
        return api().upload_archive(vault, file.read(), linear, tree, name)["ArchiveId"]


with ThreadPoolExecutor(int(threads)) as pool:
    print("\n".join(pool.map(send, sorted(os.listdir(folder)))))
