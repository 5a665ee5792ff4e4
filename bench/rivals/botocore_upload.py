"""Uploads a file with botocore, parts in threads: URL VAULT FILE PART_BYTES THREADS. Prints the archive ID."""
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

from botocore.session import Session
from botocore.utils import calculate_tree_hash

url, vault, path, part_bytes, threads = sys.argv[1:]
part_bytes = int(part_bytes)
size = os.path.getsize(path)
glacier = Session().create_client("glacier", endpoint_url=url)
upload_id = glacier.initiate_multipart_upload(vaultName=vault, partSize=str(part_bytes))["uploadId"]


def send(start):
    with open(path, "rb") as file:
        file.seek(start)
        body = file.read(part_bytes)
    span = f"bytes {start}-{start + len(body) - 1}/*"
    # botocore adds the part's tree hash by itself.
    glacier.upload_multipart_part(vaultName=vault, uploadId=upload_id, range=span, body=BytesIO(body))


with ThreadPoolExecutor(int(threads)) as pool:
    list(pool.map(send, range(0, size, part_bytes)))
with open(path, "rb") as file:
    tree_hash = calculate_tree_hash(file)
done = glacier.complete_multipart_upload(
    vaultName=vault, uploadId=upload_id, archiveSize=str(size), checksum=tree_hash
)
print(done["archiveId"])
