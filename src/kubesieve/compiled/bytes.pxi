# Bytes of the body: what none of them may be, what they mean, numbers, and how most lines end.

cdef extern from *:
    """
    static inline const uint8_t *quote_or_backslash(const uint8_t *at, const uint8_t *end) {
    #if defined(__SSE2__)
        const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\\\');
        while (end - at >= 16) {
            __m128i some = _mm_loadu_si128((const __m128i *)at);
            int found = _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(some, quote), _mm_cmpeq_epi8(some, backslash)));
            if (found) return at + lowest((uint64_t)found);
            at += 16;
        }
    #endif
        while (at < end && *at != '"' && *at != '\\\\') at++;
        return at;
    }

    static inline size_t alike(const uint8_t *one, const uint8_t *other, size_t size) {
        size_t at = 0;
    #if defined(__SSE2__)
        for (; at + 16 <= size; at += 16) {
            __m128i some = _mm_loadu_si128((const __m128i *)(one + at));
            int same = _mm_movemask_epi8(_mm_cmpeq_epi8(some, _mm_loadu_si128((const __m128i *)(other + at))));
            if (same != 0xFFFF) return at + lowest((uint64_t)(~same & 0xFFFF));
        }
    #endif
        while (at < size && one[at] == other[at]) at++;
        return at;
    }

    static inline int plain_bytes(const uint8_t *at, const uint8_t *end) {
        uint8_t other = 0;
    #if defined(__SSE2__)
        if (end - at >= 16) {
            const __m128i nul = _mm_setzero_si128(), cr = _mm_set1_epi8(13);
            __m128i any = nul;
            for (;;) {
                __m128i some = _mm_loadu_si128((const __m128i *)at);
                __m128i odd = _mm_or_si128(_mm_cmpeq_epi8(some, nul), _mm_cmpeq_epi8(some, cr));
                any = _mm_or_si128(any, _mm_or_si128(some, odd));
                if (end - at == 16) break;
                at = end - at >= 32 ? at + 16 : end - 16;
            }
            return _mm_movemask_epi8(any) == 0;
        }
    #endif
        for (; at < end; at++) other |= (*at & 0x80) | (uint8_t)((*at == 0 || *at == 13) << 7);
        return other == 0;
    }
    """
    Text quote_or_backslash(Text at, Text end) noexcept nogil
    bint plain_bytes(Text at, Text end) noexcept nogil
    size_t alike(Text one, Text other, size_t size) noexcept nogil


cdef inline bint is_blank(uint8_t byte) noexcept nogil:
    return byte == b" " or byte == b"\t"


cdef inline bint begins_label(uint8_t byte) noexcept nogil:
    return (byte >= b"a" and byte <= b"z") or (byte >= b"A" and byte <= b"Z") or byte == b"_"


cdef inline bint begins_name(uint8_t byte) noexcept nogil:
    return begins_label(byte) or byte == b":"


cdef inline Text past_blanks(Text at, Text end) noexcept nogil:
    while at < end and is_blank(at[0]):
        at += 1
    return at


cdef bint good_bytes(Text at, Text end) noexcept nogil:
    """No NUL, no carriage return, and UTF-8. What lies between is cut at ASCII only."""
    if plain_bytes(at, end):
        return True
    return memchr(at, 0, end - at) == NULL and memchr(at, 13, end - at) == NULL and good_utf8(at, end)


cdef inline Text past_quoted(Text at, Text end, bint* escaped) noexcept nogil:
    """From behind the opening quote to behind the closing one; NULL where it is not closed, or an escape is none."""
    while True:
        at = quote_or_backslash(at, end)
        if at >= end:
            return NULL
        if at[0] == b'"':
            return at + 1
        at += 1
        if at >= end or (at[0] != b"\\" and at[0] != b'"' and at[0] != b"n"):
            return NULL
        escaped[0] = True
        at += 1


cdef bint is_word(Text at, Text end, const char* lower, uint32_t size) noexcept nogil:
    """Whether the bytes are these letters, in any case."""
    cdef uint32_t number
    if <uint32_t>(end - at) != size:
        return False
    for number in range(size):
        if (at[number] | 0x20) != <uint8_t>lower[number]:
            return False
    return True


cdef bint is_number(Text at, Text end) noexcept nogil:
    """A decimal number, NaN or Inf, as the plain reader's ``is_number``. One so large that it could become Inf is none
    here, the largest finite one is: the plain reader looks closer.
    """
    cdef bint signed = at < end and (at[0] == b"+" or at[0] == b"-")
    cdef int64_t whole, digits, power = 0
    cdef bint negative = False
    cdef Text start
    cdef Text first
    if not signed and is_word(at, end, b"nan", 3):
        return True
    if signed:
        at += 1
    if at < end and not is_digit(at[0]) and at[0] != b".":
        return is_word(at, end, b"inf", 3) or is_word(at, end, b"infinity", 8)
    start = first = at
    at = past_digits(start, end)
    digits = at - start
    while first < at and first[0] == b"0":
        first += 1
    whole = at - first
    if at < end and at[0] == b".":
        start = at + 1
        at = past_digits(start, end)
        digits += at - start
    if digits == 0:
        return False
    if at < end and (at[0] | 0x20) == b"e":
        at += 1
        if at < end and (at[0] == b"+" or at[0] == b"-"):
            negative = at[0] == b"-"
            at += 1
        start = at
        while at < end and is_digit(at[0]):
            if power < 1000000:
                power = power * 10 + (at[0] - 48)
            at += 1
        if at == start:
            return False
    if at != end:
        return False
    whole += -power if negative else power
    return whole < 309 or (whole == 309 and is_below_infinity(first, end))


cdef bint is_below_infinity(Text at, Text end) noexcept nogil:
    """Whether these digits, with a point before the first of them and times 10 to the 309th, are below
    1.7976931348623158e308. From 1.79769313486231580793…e308 on (2^1024 - 2^970) they are rounded to Inf.
    """
    cdef const char* bound = b"17976931348623158"
    cdef uint32_t number = 0
    while number < 17 and at < end:
        if at[0] == b".":
            at += 1
            continue
        if at[0] != <uint8_t>bound[number]:
            return not is_digit(at[0]) or at[0] < <uint8_t>bound[number]
        at += 1
        number += 1
    return number < 17


cdef bint is_timestamp(Text at, Text end) noexcept nogil:
    """Whole milliseconds in 64 bits."""
    cdef bint negative = at < end and at[0] == b"-"
    cdef uint64_t value = 0
    cdef uint64_t most = 0x8000000000000000ULL if negative else 0x7FFFFFFFFFFFFFFFULL
    if at < end and (at[0] == b"+" or at[0] == b"-"):
        at += 1
    if at == end or end - at > 19:
        return False
    while at < end:
        if not is_digit(at[0]):
            return False
        value = value * 10 + (at[0] - 48)
        at += 1
    return value <= most


cdef Text past_number(Text at, Text end) noexcept nogil:
    """Past blanks, a number, and blanks; NULL where there is none."""
    cdef Text start
    at = past_blanks(at, end)
    start = at
    while at < end and not is_blank(at[0]):
        at += 1
    return past_blanks(at, end) if at > start and is_number(start, at) else NULL


cdef inline Text past_plain_tail(Text at, Text stop) noexcept nogil:
    """To the line feed behind a blank, a plain number, and perhaps a blank and a timestamp: how nearly all lines end.
    NULL for all other ends, good ones among them.
    """
    cdef Text start
    if stop - at < 3 or at[0] != b" ":
        return NULL
    at += 1
    if at[0] == b"-":
        at += 1
    start = at
    at = past_digits(at, stop)
    if at == start or at - start > 100 or at == stop:
        return NULL
    if at[0] == b".":
        at = past_digits(at + 1, stop)
    if stop - at < 5:
        return NULL
    if (at[0] | 0x20) == b"e":
        at += 1
        if at[0] == b"+" or at[0] == b"-":
            at += 1
        if not is_digit(at[0]) or not is_digit(at[1]):
            return NULL
        at += 2
    if at[0] == b" ":
        start = at + 1
        at = past_digits(start, stop)
        if at == start or at - start > 18 or at == stop:
            return NULL
    return at if at[0] == b"\n" else NULL
