"""One small function a verdict, one module a group of codes."""
