"""Where C's memory comes from, for a process that makes and frees bodies of megabytes all the time.

glibc gives freed memory of that size back to the kernel at once and asks for it again for the next scrape, page by
page, and keeps an arena for each thread: together a quarter of all CPU time, with eight scrapes of 10 MB at once, and a
third of the memory. Source: mallopt(3).
"""

from __future__ import annotations

import ctypes

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
KEPT_BYTES = 64 * 1024 * 1024
"""Freed memory that stays with the process."""
LARGE_BYTES = 32 * 1024 * 1024
"""From here on memory goes back when it is freed; glibc takes no more than this for that bound."""


def keep_freed_memory() -> bool:
    """Asks glibc to keep some, for all threads together; False with another C library, which is left as it is."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    wanted = {M_MMAP_THRESHOLD: LARGE_BYTES, M_TRIM_THRESHOLD: KEPT_BYTES, M_ARENA_MAX: 1}
    return all(mallopt(parameter, value) for parameter, value in wanted.items())
