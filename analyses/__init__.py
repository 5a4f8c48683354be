"""What each estate is missing: one file per analysis, found by its file name."""
