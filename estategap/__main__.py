"""``python -m estategap``."""

from estategap.cli import main

if __name__ == "__main__":
    main()
