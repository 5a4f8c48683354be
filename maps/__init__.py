"""How it looks: maps, report, tables and GeoPackage, all written from one ``RunView``."""
