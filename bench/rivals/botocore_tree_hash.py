"""Prints the tree hash of a file as botocore computes it."""
import sys

from botocore.utils import calculate_tree_hash

with open(sys.argv[1], "rb") as file:
    print(calculate_tree_hash(file))
