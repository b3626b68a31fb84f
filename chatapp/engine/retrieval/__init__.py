"""Finding passages: `chunking` cuts documents, `index` keeps the pieces in FTS5, `query` reads questions,
`ranking` scores what was found, `filters` narrows by a file's attributes. Plain functions on values and on a
connection that the caller owns; nothing here knows the wire's endpoints.
"""
