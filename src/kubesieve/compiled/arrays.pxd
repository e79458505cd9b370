"""Arrays that grow."""

from libc.stdint cimport uint32_t, uint64_t
from libc.stdlib cimport realloc

cdef enum:
    LEAST_ROOM = 256


cdef inline void* grown(void* array, uint32_t* room, uint32_t wanted, size_t each) noexcept nogil:
    """The array, with room for so many of so many bytes each: where it was, or somewhere else and half as large again.
    NULL without memory: the array is as it was.
    """
    return array if wanted <= room[0] else moved(array, room, wanted, each)


cdef inline void* moved(void* array, uint32_t* room, uint32_t wanted, size_t each) noexcept nogil:
    """The slow half of it, apart so that the other is small wherever it stands."""
    cdef uint64_t more = max(<uint64_t>room[0] + room[0] // 2, wanted, LEAST_ROOM)
    cdef void* there = realloc(array, more * each)
    if there != NULL:
        room[0] = <uint32_t>more
    return there
