"""A grid of answers as cells: problem x contestant x seed x shard of instances.

Each cell is computed once, in this process, in others or on a cluster, and kept under the digest of its content.
"""
