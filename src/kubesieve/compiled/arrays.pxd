"""Arrays that grow."""

from libc.stdint cimport uint32_t, uint64_t
from libc.stdlib cimport realloc

cdef enum:
    LEAST_ROOM = 64


cdef inline void* grown(void* array, uint32_t* room, uint32_t wanted, size_t each) noexcept nogil:
    """The array, with room for so many of so many bytes each: where it was, or somewhere else and half as large again.
    NULL without memory: the array is as it was.
    """
    cdef uint64_t more = <uint64_t>room[0] + room[0] // 2
    cdef void* moved
    if wanted <= room[0]:
        return array
    more = max(more, wanted, LEAST_ROOM)
    moved = realloc(array, more * each)
    if moved != NULL:
        room[0] = <uint32_t>more
    return moved
