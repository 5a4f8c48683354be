"""What comes after the analyses: who goes first."""
