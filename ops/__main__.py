"""`python -m ops`, which the launcher `waystation` runs."""

from ops.cli import main

if __name__ == "__main__":
    main()
