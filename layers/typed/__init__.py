"""What a cell means as people type it: numbers, years, days, yes and no, ids, coordinates, persons."""
