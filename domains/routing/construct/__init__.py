"""The environment `construct`: routes built node by node, and the network that reads it."""
