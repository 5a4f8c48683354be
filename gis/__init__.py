"""The spatial engine: central tables, coordinate systems, street reach, zonal sums and allocation. In memory only."""
