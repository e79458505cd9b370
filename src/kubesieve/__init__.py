"""kubesieve: an exact, fail-closed namespace filter in front of the kubelet."""

__version__ = "0.1.0"
