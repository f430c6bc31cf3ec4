"""`python -m lrcp` is the `lrcp` command."""

from lrcp.cli.main import main

if __name__ == "__main__":
    main()
