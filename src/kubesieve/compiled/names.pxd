"""Bytes that are known by their content: a table that finds them by a hash, seeded for each process."""

from cpython.bytes cimport PyBytes_AS_STRING
from libc.stdint cimport int32_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, realloc
from libc.string cimport memcmp, memcpy

ctypedef const uint8_t* Text

cdef enum:
    NOTHING = -1


cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>

    static uint64_t seeds[4];

    static inline uint64_t folded(uint64_t one, uint64_t other) {
    #if defined(__SIZEOF_INT128__)
        unsigned __int128 product = (unsigned __int128)one * other;
        return (uint64_t)product ^ (uint64_t)(product >> 64);
    #else
        uint64_t low = one * (other | 1), high = (one >> 32 | one << 32) * (other >> 32 | 1);
        return low ^ (high >> 29) ^ (high << 31);
    #endif
    }

    static inline uint64_t eight(const uint8_t *at) { uint64_t word; memcpy(&word, at, 8); return word; }

    /* Seeded for each process, so that nobody can choose names that meet; two lanes, as products take their time. */
    static inline uint32_t hashed(const uint8_t *text, uint32_t size) {
        uint64_t one = seeds[0] ^ size, other = seeds[1], rest[2] = {0, 0};
        const uint8_t *end = text + size;
        for (; end - text > 32; text += 32) {
            one = folded(eight(text) ^ seeds[2], eight(text + 8) ^ one);
            other = folded(eight(text + 16) ^ seeds[3], eight(text + 24) ^ other);
        }
        if (end - text > 16) {
            one = folded(eight(text) ^ seeds[2], eight(text + 8) ^ one);
            text += 16;
        }
        memcpy(rest, text, (size_t)(end - text));
        other = folded(rest[0] ^ seeds[3], rest[1] ^ other);
        return (uint32_t)(folded(one ^ seeds[1], other ^ seeds[0]) >> 16);
    }
    """
    uint64_t[4] seeds
    uint32_t hashed(Text text, uint32_t size) noexcept nogil


cdef struct Entry:
    Text text
    uint32_t size
    uint32_t hash


cdef struct NameTable:
    Entry* entries
    int32_t* slots  # open addressing: an entry's number + 1, 0 where free
    uint32_t count
    uint32_t room
    uint32_t mask


cdef inline void sow(bytes random):
    """Seeds the hashes of the module that calls this, with 32 bytes."""
    memcpy(<void*>seeds, <const char*>PyBytes_AS_STRING(random), 32)


cdef inline void empty(NameTable* names) noexcept nogil:
    names.entries, names.slots, names.count, names.room, names.mask = NULL, NULL, 0, 0, 0


cdef inline int32_t find(NameTable* names, Text text, uint32_t size, uint32_t hash) noexcept nogil:
    """The number of an entry, NOTHING where there is none."""
    cdef uint32_t at
    cdef int32_t slot
    cdef Entry* entry
    if names.count == 0:
        return NOTHING
    at = hash & names.mask
    while True:
        slot = names.slots[at]
        if slot == 0:
            return NOTHING
        entry = &names.entries[slot - 1]
        if entry.hash == hash and entry.size == size and memcmp(entry.text, text, size) == 0:
            return slot - 1
        at = (at + 1) & names.mask


cdef inline int32_t add(NameTable* names, Text text, uint32_t size, uint32_t hash) noexcept nogil:
    """The number of a new entry, NOTHING where there is no memory."""
    cdef uint32_t at
    if names.count == names.room and not grow(names):
        return NOTHING
    names.entries[names.count].text = text
    names.entries[names.count].size = size
    names.entries[names.count].hash = hash
    at = hash & names.mask
    while names.slots[at]:
        at = (at + 1) & names.mask
    names.count += 1
    names.slots[at] = names.count
    return <int32_t>names.count - 1


cdef inline bint grow(NameTable* names) noexcept nogil:
    cdef uint32_t room = names.room * 2 if names.room else 64
    cdef uint32_t number, at
    cdef Entry* entries = <Entry*>realloc(names.entries, room * sizeof(Entry))
    if entries == NULL:
        return False
    names.entries = entries
    cdef int32_t* slots = <int32_t*>calloc(room * 2, sizeof(int32_t))
    if slots == NULL:
        return False
    free(names.slots)
    names.slots, names.room, names.mask = slots, room, room * 2 - 1
    for number in range(names.count):
        at = entries[number].hash & names.mask
        while slots[at]:
            at = (at + 1) & names.mask
        slots[at] = number + 1
    return True


cdef inline void let_go(NameTable* names) noexcept nogil:
    free(names.entries)
    free(names.slots)
