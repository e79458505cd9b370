"""The gateway's fixtures, for pages that tell what it does."""

from tests.gateway.conftest import gateway, kubelet, make_gateway, settings, shared_kubelet, token

__all__ = ["gateway", "kubelet", "make_gateway", "settings", "shared_kubelet", "token"]
