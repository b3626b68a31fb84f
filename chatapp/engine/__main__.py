"""`python -m chatapp.engine`: the engine without the rest of the program."""

import sys

from chatapp.engine.server import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
