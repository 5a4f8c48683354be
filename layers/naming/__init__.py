"""Which names of estates, streets and communities are the same."""
