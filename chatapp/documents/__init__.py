"""Reading files: text with the page and box of every character, and finding a quote again.

Both processes use this room: the engine to index, the desktop to show a citation in its original.
`model` holds the values; `reading` turns a file into a `Document`; `quotes` finds a quote in a text;
`places` joins the two and adds boxes; `pdf` draws pages. `helper_process.DocumentReader` does all of it
in a separate process with limits on memory and time, and is what either process should call.
"""
