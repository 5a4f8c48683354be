"""The two demonstration projects: a generated district and a real extract of OpenStreetMap."""
