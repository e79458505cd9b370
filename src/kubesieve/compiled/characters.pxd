"""Bytes of text: digits, where ASCII ends, and UTF-8."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from kubesieve.compiled.names cimport Text


cdef extern from *:
    """
    #if defined(__SSE2__)
    #include <emmintrin.h>
    #endif
    #if defined(_MSC_VER)
    #include <intrin.h>
    static __inline uint32_t lowest(uint64_t bits) { unsigned long at; _BitScanForward64(&at, bits); return at; }
    #else
    static inline uint32_t lowest(uint64_t bits) { return (uint32_t)__builtin_ctzll(bits); }
    #endif

    static inline const uint8_t *past_ascii(const uint8_t *at, const uint8_t *end) {
    #if defined(__SSE2__)
        while (end - at >= 16) {
            int found = _mm_movemask_epi8(_mm_loadu_si128((const __m128i *)at));
            if (found) return at + lowest((uint64_t)found);
            at += 16;
        }
    #endif
        while (at < end && *at < 0x80) at++;
        return at;
    }
    """
    uint32_t lowest(uint64_t bits) noexcept nogil
    Text past_ascii(Text at, Text end) noexcept nogil


cdef inline bint is_digit(uint8_t byte) noexcept nogil:
    return byte >= b"0" and byte <= b"9"


cdef inline Text past_digits(Text at, Text end) noexcept nogil:
    while at < end and is_digit(at[0]):
        at += 1
    return at


cdef inline bint good_utf8(Text at, Text end) noexcept nogil:
    """UTF-8 as RFC 3629 has it."""
    cdef uint8_t byte, low, high
    cdef int more
    while True:
        at = past_ascii(at, end)
        if at >= end:
            return True
        byte = at[0]
        at += 1
        low, high = 0x80, 0xBF
        if 0xC2 <= byte <= 0xDF:
            more = 1
        elif 0xE0 <= byte <= 0xEF:
            more = 2
            if byte == 0xE0:
                low = 0xA0
            elif byte == 0xED:
                high = 0x9F
        elif 0xF0 <= byte <= 0xF4:
            more = 3
            if byte == 0xF0:
                low = 0x90
            elif byte == 0xF4:
                high = 0x8F
        else:
            return False
        while more:
            if at >= end or at[0] < low or at[0] > high:
                return False
            low, high = 0x80, 0xBF
            at += 1
            more -= 1
