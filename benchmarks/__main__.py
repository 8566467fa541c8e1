"""`python -m benchmarks`, which `./waystation bench` runs."""

import sys

from benchmarks.main import main

if __name__ == "__main__":
    sys.exit(main())
