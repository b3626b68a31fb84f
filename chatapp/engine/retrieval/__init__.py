"""Finding passages: `chunking` cuts documents, `index` keeps the pieces, `term_index` finds them by their terms,
`analysis` makes terms of text, `query` reads questions, `ranking` orders what was found, `filters` narrows by a file's
attributes. Plain functions on values and on a connection that the caller owns; nothing here knows the wire's endpoints.
"""
