"""Where data comes in and is checked: one module per source, central tables out."""
