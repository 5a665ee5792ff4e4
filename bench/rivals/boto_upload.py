"""Uploads a file with boto's ConcurrentUploader: PORT VAULT FILE PART_BYTES THREADS. Prints the archive ID."""
import sys

from boto.glacier.concurrent import ConcurrentUploader
from boto.glacier.layer1 import Layer1
from boto.regioninfo import RegionInfo

port, vault, path, part_bytes, threads = sys.argv[1:]
api = Layer1(
    aws_access_key_id="bench",
    aws_secret_access_key="bench",
    is_secure=False,
    port=int(port),
    region=RegionInfo(name="us-east-1", endpoint="127.0.0.1"),
)
# boto reads both from the name of Amazon's host.
api.auth_service_name = "glacier"
api.auth_region_name = "us-east-1"
print(ConcurrentUploader(api, vault, int(part_bytes), int(threads)).upload(path))
