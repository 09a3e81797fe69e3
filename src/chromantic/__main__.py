"""`python -m chromantic`, which `torchrun -m chromantic` needs too."""

import sys

from chromantic.cli import main

if __name__ == "__main__":
    sys.exit(main())
