"""Which columns a planner may bring, and by what name."""
