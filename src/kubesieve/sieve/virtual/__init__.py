"""Virtual clusters: which host pods are theirs, and host names turned into their own. Pure."""
