"""The disk, tested on real files, real processes that are really killed, and really full disks."""
