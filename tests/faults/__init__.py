"""Faults in their full length, too long for the suite: `python -m tests.faults --list`."""
