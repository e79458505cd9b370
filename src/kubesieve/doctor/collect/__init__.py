"""Where evidence comes from: HTTP requests to the views, the kubeconfig's API server. The only I/O but bundles."""
