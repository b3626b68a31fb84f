"""The rules of a chat, pure: no I/O, no clock, no toolkit. Neighbours: `protocol` below, `services` above."""
