"""The terminal's way in: `question` asks and prints, `files` takes conversations out and in.

Neighbours: `__main__` chooses, `assembly` opens the profile, `services` do the work. No toolkit here.
"""
