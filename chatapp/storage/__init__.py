"""The disk: conversations, settings, kept originals and keys of one profile. It implements `services.ports`.

Neighbours: `services` above says what is needed, `assembly` opens the profile (`profile.open_disk`).
"""
