"""A kubeconfig as far as it takes to ask its API server: read once for a look, or again and again for a service."""
