"""Looking again and again: what stands since when, as metrics."""
