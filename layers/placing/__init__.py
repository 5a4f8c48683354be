"""Where the rows of a file lie: coordinate systems, offsets, and estates without an outline."""
