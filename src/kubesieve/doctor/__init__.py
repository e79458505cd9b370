"""Why containers show "—", and whether a proxy leaks: evidence → views → rules → findings, each with a code."""
