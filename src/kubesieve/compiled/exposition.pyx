# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The compiled twin of the plain reader: the same bodies taken, the same pieces made of them; it explains nothing.

``scan`` reads a body once, off the GIL, and gives Records; None for whatever it does not take: the plain reader then
says why, with line and column. Most of a scrape is blocks of labels that were seen before, in the order in which they
were seen before: such a block is found by one comparison, and everything that is known of it holds.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memchr, memcmp, memcpy, memset

from kubesieve.compiled.arrays cimport grown
from kubesieve.compiled.characters cimport good_utf8, is_digit, lowest, past_digits
from kubesieve.compiled.names cimport NOTHING, Entry, NameTable, Text, add, empty, find, hashed, let_go, sow

from os import urandom

cdef enum:
    NONE = -1  # no namespace label
    HEADER = -2  # in place of a namespace: a HELP, TYPE or UNIT line
    MOST_BODY = 0x7FFFFFFF
    FEW = 24  # labels that are compared one by one

    UNTYPED = 0  # before a TYPE line, and of all types that have no suffixes
    SUMMARY = 1
    HISTOGRAM = 2

    HELP_SEEN = 1
    TYPE_SEEN = 2
    UNIT_SEEN = 4


cdef struct Piece:
    uint32_t start
    uint32_t end
    int32_t family
    int32_t namespace
    uint32_t samples


cdef struct Labels:
    Entry few[FEW]
    NameTable more
    uint32_t count


cdef struct Marks:  # where the pairs of the block that was read last end, and what was known of its namespace there
    Text block
    uint32_t size
    uint32_t count
    uint32_t at[FEW]
    int32_t namespace[FEW]


cdef struct Block:
    int32_t namespace
    int32_t follower  # the block that came after it the last time


cdef struct Family:
    int32_t type
    uint8_t declared
    uint8_t sampled


cdef struct Scan:
    Text body
    uint32_t size
    uint32_t most_line
    NameTable names  # of families as samples and comments spell them, suffixes and all
    int32_t* family_of  # by the number of a name
    uint32_t family_of_room
    NameTable families
    Family* family
    uint32_t family_room
    NameTable namespaces
    NameTable blocks
    Block* block
    uint32_t block_room
    Piece* pieces
    uint32_t piece_count
    uint32_t piece_room
    uint8_t** kept  # texts with their escapes undone
    uint32_t kept_count
    uint32_t kept_room
    Labels labels
    Marks marks
    int32_t last_name
    int32_t last_block


# One module in C, in five parts.

include "bytes.pxi"
include "families.pxi"
include "labels.pxi"
include "lines.pxi"
include "records.pxi"


def scan(bytes body not None, uint32_t most_line):
    """Records of a whole body (bytes of text format 0.0.4), or None where the plain reader has to look."""
    cdef Scan state
    cdef bint good
    cdef Records records
    cdef uint32_t number
    if PyBytes_GET_SIZE(body) > MOST_BODY:
        return None
    state.body, state.size = <Text>PyBytes_AS_STRING(body), <uint32_t>PyBytes_GET_SIZE(body)
    state.most_line = most_line
    empty(&state.names)
    empty(&state.families)
    empty(&state.namespaces)
    empty(&state.blocks)
    state.family_of, state.family_of_room = NULL, 0
    state.family, state.family_room = NULL, 0
    state.block, state.block_room = NULL, 0
    state.pieces, state.piece_count, state.piece_room = NULL, 0, 0
    state.kept, state.kept_count, state.kept_room = NULL, 0, 0
    state.last_name = state.last_block = NOTHING
    state.labels.count = 0
    empty(&state.labels.more)
    state.marks.block, state.marks.size, state.marks.count = NULL, 0, 0
    with nogil:
        good = take_all(&state)
    try:
        if not good:
            return None
        records = Records.__new__(Records)
        records.pieces, records.count, state.pieces = state.pieces, state.piece_count, NULL
        records.body = body
        records.families = texts(&state.families)
        records.namespaces = texts(&state.namespaces)
        records._index()
        return records
    finally:
        let_go(&state.names)
        let_go(&state.families)
        let_go(&state.namespaces)
        let_go(&state.blocks)
        let_go(&state.labels.more)
        free(state.family_of)
        free(state.family)
        free(state.block)
        free(state.pieces)
        for number in range(state.kept_count):
            free(state.kept[number])
        free(state.kept)


cdef tuple texts(NameTable* names):
    return tuple([
        PyBytes_FromStringAndSize(<const char*>names.entries[number].text, names.entries[number].size)
        for number in range(names.count)
    ])


sow(urandom(32))
