"""The language on the wire, shared by both processes: standard library only, no I/O."""
