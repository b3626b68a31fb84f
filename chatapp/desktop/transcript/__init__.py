"""The transcript: a virtualised view of values. It knows no service; `view` is its door, `messages` what it is fed."""
