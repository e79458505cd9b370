"""Where C's memory comes from, for a process that makes and frees bodies of megabytes all the time.

glibc gives freed memory of that size back to the kernel at once and asks for it again for the next scrape, page by
page: a sixth of all CPU time, measured with eight scrapes of 4 MB at once. Source: mallopt(3).
"""

from __future__ import annotations

import ctypes

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
KEPT_BYTES = 64 * 1024 * 1024
"""Freed memory that stays with the process."""
LARGE_BYTES = 32 * 1024 * 1024
"""From here on memory goes back when it is freed; glibc takes no more than this for that bound."""


def keep_freed_memory() -> bool:
    """Asks glibc to keep some; False where there is another C library, which is left as it is."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)) and bool(mallopt(M_TRIM_THRESHOLD, KEPT_BYTES))
