"""What no single row shows: doubts about tables that were read well, each said once."""
