"""Does a kubelet proxy leak, or hold back too much? Requests (a table), answers, a pure search, findings."""
