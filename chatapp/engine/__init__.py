"""The engine: a Responses server on loopback, in a process of its own.

It speaks the protocol that api.openai.com speaks, so the desktop reaches it through the same client as any
other server. `server` is the process, `app` its routes; `responses` and `run` answer; `files`,
`vector_stores`, `store_files` and `indexing` keep documents; `retrieval` finds passages in them and
`generation` words an answer. It imports the protocol and documents rooms and no other.
"""
