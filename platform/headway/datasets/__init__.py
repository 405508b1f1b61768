"""Public data sets: what they are, under which licence, and how they come to this machine unchanged."""

from headway.datasets.dataset import Dataset, File, cache_folder
from headway.datasets.fetch import fetch, verify

__all__ = ["Dataset", "File", "cache_folder", "fetch", "verify"]
