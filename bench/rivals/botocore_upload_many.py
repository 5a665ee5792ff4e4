"""Uploads each file of a folder as an archive with botocore, in threads: URL VAULT FOLDER THREADS. Prints the archive IDs."""
import os
import sys
from concurrent.futures import ThreadPoolExecutor

from botocore.config import Config
from botocore.session import Session

url, vault, folder, threads = sys.argv[1:]
config = Config(max_pool_connections=int(threads))
glacier = Session().create_client("glacier", endpoint_url=url, config=config)


def send(name):
    with open(os.path.join(folder, name), "rb") as file:
        # botocore adds the tree hash by itself.
        return glacier.upload_archive(vaultName=vault, body=file, archiveDescription=name)["archiveId"]


with ThreadPoolExecutor(int(threads)) as pool:
    print("\n".join(pool.map(send, sorted(os.listdir(folder)))))
