"""The embedded node: a fake kubelet, a small fake apiserver and the naive proxy, to try things on.

All data comes from a seed and a time. Nothing here is shared with the code it is used to test: no parser, no table.
"""
