"""What each source shows, made of evidence once and then only looked at: bodies read into values, views, the case."""
