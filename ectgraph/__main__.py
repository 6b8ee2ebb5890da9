"""`python -m ectgraph`."""

from ectgraph.cli import main

if __name__ == "__main__":
    main()
