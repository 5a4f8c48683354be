"""How the bytes of a file become a table or a layer: formats, encodings, headers and footers of sheets."""
