"""The problem `placement`: VMs arrive and go, and each is given a NUMA node when it comes."""
