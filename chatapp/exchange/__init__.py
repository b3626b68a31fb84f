"""Conversations on their way out and in, pure: text for people (`markdown`, `html`) and a lossless `bundle`.

Neighbours: `conversation` below gives the values, `services` above reads and writes the files.
"""
