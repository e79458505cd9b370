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
from kubesieve.compiled.names cimport NOTHING, Entry, Names, Text, add, empty, find, hashed, let_go, sow

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
        uint8_t odd = 0;
    #if defined(__SSE2__)
        if (end - at >= 16) {
            const __m128i nul = _mm_setzero_si128(), cr = _mm_set1_epi8(13);
            __m128i any = nul;
            for (;;) {
                __m128i some = _mm_loadu_si128((const __m128i *)at);
                any = _mm_or_si128(any, _mm_or_si128(some, _mm_or_si128(_mm_cmpeq_epi8(some, nul), _mm_cmpeq_epi8(some, cr))));
                if (end - at == 16) break;
                at = end - at >= 32 ? at + 16 : end - 16;
            }
            return _mm_movemask_epi8(any) == 0;
        }
    #endif
        for (; at < end; at++) odd |= (*at & 0x80) | (uint8_t)((*at == 0 || *at == 13) << 7);
        return odd == 0;
    }
    """
    Text quote_or_backslash(Text at, Text end) noexcept nogil
    bint plain_bytes(Text at, Text end) noexcept nogil
    size_t alike(Text one, Text other, size_t size) noexcept nogil

cdef struct Piece:
    uint32_t start
    uint32_t end
    int32_t family
    int32_t namespace
    uint32_t samples


cdef struct Labels:
    Entry few[FEW]
    Names more
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
    Names names  # of families as samples and comments spell them, suffixes and all
    int32_t* family_of  # by the number of a name
    uint32_t family_of_room
    Names families
    Family* family
    uint32_t family_room
    Names namespaces
    Names blocks
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

# Bytes of the body: what none of them may be, and what they mean.

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


cdef bint unescaped(Scan* scan, Entry* text) noexcept nogil:
    """The text without its escapes, in memory of its own."""
    cdef uint8_t* made
    cdef uint8_t** kept
    cdef uint32_t at = 0, size = 0
    kept = <uint8_t**>grown(scan.kept, &scan.kept_room, scan.kept_count + 1, sizeof(uint8_t*))
    if kept == NULL:
        return False
    scan.kept = kept
    made = <uint8_t*>malloc(text.size + 1)
    if made == NULL:
        return False
    scan.kept[scan.kept_count] = made
    scan.kept_count += 1
    while at < text.size:
        if text.text[at] == b"\\":
            at += 1
            made[size] = b"\n" if text.text[at] == b"n" else text.text[at]
        else:
            made[size] = text.text[at]
        size += 1
        at += 1
    text.text, text.size = made, size
    return True


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


# A sample's line, its blocks of labels, and the comments between.

cdef inline bint is_new(Labels* labels, Entry* label) noexcept nogil:
    """Remembers a label's name; False where it was there before, or there is no memory."""
    cdef uint32_t number, hash
    for number in range(labels.count):
        if labels.few[number].size == label.size and memcmp(labels.few[number].text, label.text, label.size) == 0:
            return False
    if labels.count < FEW:
        labels.few[labels.count] = label[0]
        labels.count += 1
        return True
    hash = hashed(label.text, label.size)
    return (
        find(&labels.more, label.text, label.size, hash) == NOTHING
        and add(&labels.more, label.text, label.size, hash) != NOTHING
    )


cdef Text past_labels(Scan* scan, Text at, Text end, Entry* name, int32_t* namespace) noexcept nogil:
    """From ``{`` to behind ``}``; NULL where it is no block of labels. ``name`` takes a quoted metric name, ``namespace``
    the number of that label's value, where they are not NULL.
    """
    cdef Labels labels
    cdef Text behind
    labels.count = 0
    empty(&labels.more)
    behind = past_pairs(scan, at + 1, at, end, &labels, NULL, name, namespace)
    let_go(&labels.more)
    return behind


cdef Text past_pairs(
    Scan* scan, Text at, Text block, Text end, Labels* labels, Marks* marks, Entry* name, int32_t* namespace
) noexcept nogil:
    """The same from a pair on, with the labels before it. ``marks`` takes where pairs end, where it is not NULL."""
    cdef Entry label, value
    cdef Text start
    cdef bint escaped, quoted
    cdef bint good = False
    while True:
        at = past_blanks(at, end)
        if at >= end:
            break
        if at[0] == b"}":
            good = True
            at += 1
            break
        escaped, quoted = False, at[0] == b'"'
        if quoted:
            start = at + 1
            at = past_quoted(start, end, &escaped)
            if at == NULL:
                break
            label.text, label.size = start, <uint32_t>(at - 1 - start)
            if label.size == 0 or (escaped and not unescaped(scan, &label)):
                break
        else:
            start = at
            if not begins_label(at[0]):
                break
            while at < end and (begins_label(at[0]) or is_digit(at[0])):
                at += 1
            label.text, label.size = start, <uint32_t>(at - start)
        at = past_blanks(at, end)
        if at >= end:
            break
        if at[0] != b"=":
            if not quoted or name == NULL or name.text != NULL or (at[0] != b"," and at[0] != b"}"):
                break
            name.text, name.size = label.text, label.size
            if at[0] == b",":
                at += 1
            continue
        at = past_blanks(at + 1, end)
        if at >= end or at[0] != b'"':
            break
        start, escaped = at + 1, False
        at = past_quoted(start, end, &escaped)
        if at == NULL:
            break
        value.text, value.size = start, <uint32_t>(at - 1 - start)
        if label.size == 8 and memcmp(label.text, b"__name__", 8) == 0:
            break
        if not is_new(labels, &label):
            break
        if namespace != NULL and label.size == 9 and memcmp(label.text, b"namespace", 9) == 0:
            if escaped and not unescaped(scan, &value):
                break
            namespace[0] = numbered(&scan.namespaces, value.text, value.size)
            if namespace[0] == NOTHING:
                break
        at = past_blanks(at, end)
        if at >= end or (at[0] != b"," and at[0] != b"}"):
            break
        if at[0] == b"}":
            good = True
            at += 1
            break
        at += 1
        if marks != NULL and labels.count < FEW:
            marks.at[labels.count - 1] = <uint32_t>(at - block)
            marks.namespace[labels.count - 1] = namespace[0]
            marks.count = labels.count
    return at if good else NULL


cdef inline int32_t numbered(Names* names, Text text, uint32_t size) noexcept nogil:
    cdef uint32_t hash = hashed(text, size)
    cdef int32_t number = find(names, text, size, hash)
    return number if number != NOTHING else add(names, text, size, hash)


cdef int32_t named(Scan* scan, Text text, uint32_t size) noexcept nogil:
    """The number of a name, whose family is in ``family_of`` then, a new one where none fits; NOTHING without memory."""
    cdef uint32_t hash = hashed(text, size)
    cdef int32_t number = find(&scan.names, text, size, hash)
    cdef int32_t family
    cdef int32_t* family_of
    if number != NOTHING:
        return number
    family = suffixed(scan, text, size)
    if family == NOTHING:
        family = new_family(scan, text, size, hash)
        if family == NOTHING:
            return NOTHING
    number = add(&scan.names, text, size, hash)
    if number == NOTHING:
        return NOTHING
    family_of = <int32_t*>grown(scan.family_of, &scan.family_of_room, scan.names.count, sizeof(int32_t))
    if family_of == NULL:
        return NOTHING
    scan.family_of = family_of
    scan.family_of[number] = family
    return number


cdef int32_t new_family(Scan* scan, Text text, uint32_t size, uint32_t hash) noexcept nogil:
    cdef Family* families
    cdef int32_t family = add(&scan.families, text, size, hash)
    if family == NOTHING:
        return NOTHING
    families = <Family*>grown(scan.family, &scan.family_room, scan.families.count, sizeof(Family))
    if families == NULL:
        return NOTHING
    scan.family = families
    scan.family[family].type, scan.family[family].declared, scan.family[family].sampled = UNTYPED, 0, 0
    return family


cdef int32_t suffixed(Scan* scan, Text text, uint32_t size) noexcept nogil:
    """The summary or histogram that a name is a part of, by its suffix."""
    cdef int32_t found = of_suffix(scan, text, size, b"_count", 6, SUMMARY)
    if found == NOTHING:
        found = of_suffix(scan, text, size, b"_sum", 4, SUMMARY)
    if found == NOTHING:
        found = of_suffix(scan, text, size, b"_count", 6, HISTOGRAM)
    if found == NOTHING:
        found = of_suffix(scan, text, size, b"_sum", 4, HISTOGRAM)
    if found == NOTHING:
        found = of_suffix(scan, text, size, b"_bucket", 7, HISTOGRAM)
    return found


cdef int32_t of_suffix(
    Scan* scan, Text text, uint32_t size, const char* suffix, uint32_t length, int32_t type
) noexcept nogil:
    cdef int32_t family
    if size < length or memcmp(text + size - length, suffix, length) != 0:
        return NOTHING
    family = find(&scan.families, text, size - length, hashed(text, size - length))
    return family if family != NOTHING and scan.family[family].type == type else NOTHING


cdef inline bint take_piece(Scan* scan, Text start, Text end, int32_t family, int32_t namespace) noexcept nogil:
    """Adds a line to the run before it, where that is of the same family and namespace, or begins a piece."""
    cdef uint32_t begin = <uint32_t>(start - scan.body)
    cdef uint32_t stop = <uint32_t>(end - scan.body)
    cdef Piece* pieces
    cdef Piece* last
    if scan.piece_count and namespace != HEADER:
        last = &scan.pieces[scan.piece_count - 1]
        if last.end == begin and last.family == family and last.namespace == namespace:
            last.end = stop
            last.samples += 1
            return True
    pieces = <Piece*>grown(scan.pieces, &scan.piece_room, scan.piece_count + 1, sizeof(Piece))
    if pieces == NULL:
        return False
    scan.pieces = pieces
    last = &scan.pieces[scan.piece_count]
    last.start, last.end, last.family, last.namespace = begin, stop, family, namespace
    last.samples = 0 if namespace == HEADER else 1
    scan.piece_count += 1
    return True


cdef Text past_block(Scan* scan, Text at, Text end, int32_t* namespace) noexcept nogil:
    """Past a block of labels without a name in it: one that was seen before, or one that is read and remembered."""
    cdef int32_t number
    cdef Text behind
    cdef uint32_t size, hash
    cdef Block* blocks
    size = resumed(scan, at, end)
    if size:
        number = scan.marks.count - 1
        namespace[0] = scan.marks.namespace[number]
        behind = past_pairs(scan, at + size, at, end, &scan.labels, &scan.marks, NULL, namespace)
        if behind == NULL or not good_bytes(at + size, behind):
            return marked(scan, at, NULL)
        if size * 2 > <uint32_t>(behind - at):
            return marked(scan, at, behind)
        marked(scan, at, behind)
    else:
        behind = end
        while behind > at and (behind - 1)[0] != b"}":
            behind -= 1
        size = <uint32_t>(behind - at)
        hash = hashed(at, size)
        number = find(&scan.blocks, at, size, hash)
        if number != NOTHING:
            return followed(scan, number, behind, namespace)
        scan.labels.count = scan.marks.count = 0
        namespace[0] = NONE
        behind = past_pairs(scan, at + 1, at, end, &scan.labels, &scan.marks, NULL, namespace)
        if marked(scan, at, behind) == NULL or not good_bytes(at, behind):
            return NULL
    size = <uint32_t>(behind - at)
    hash = hashed(at, size)
    number = find(&scan.blocks, at, size, hash)
    if number == NOTHING:
        number = add(&scan.blocks, at, size, hash)
        if number == NOTHING:
            return NULL
        blocks = <Block*>grown(scan.block, &scan.block_room, scan.blocks.count, sizeof(Block))
        if blocks == NULL:
            return NULL
        scan.block = blocks
        scan.block[number].namespace, scan.block[number].follower = namespace[0], NOTHING
    return followed(scan, number, behind, namespace)


cdef inline Text followed(Scan* scan, int32_t number, Text behind, int32_t* namespace) noexcept nogil:
    """Remembers which block came after which."""
    namespace[0] = scan.block[number].namespace
    if scan.last_block != NOTHING:
        scan.block[scan.last_block].follower = number
    scan.last_block = number
    return behind


cdef inline Text marked(Scan* scan, Text at, Text behind) noexcept nogil:
    """The block that was read last is this one; none where it could not be read, or has more labels than are kept."""
    let_go(&scan.labels.more)
    empty(&scan.labels.more)
    scan.marks.block, scan.marks.size = at, <uint32_t>(behind - at) if behind != NULL else 0
    if behind == NULL or scan.labels.count == FEW:
        scan.marks.count = 0
    return behind


cdef inline uint32_t resumed(Scan* scan, Text at, Text end) noexcept nogil:
    """How much of a block is, pair by pair, as in the one that was read last, whose later pairs are forgotten; 0 where
    nothing is.
    """
    cdef Marks* marks = &scan.marks
    cdef size_t room = min(<size_t>(end - at), <size_t>marks.size)
    cdef size_t same
    if marks.count == 0:
        return 0
    same = alike(at, marks.block, room)
    while marks.count and marks.at[marks.count - 1] > same:
        marks.count -= 1
    scan.labels.count = marks.count
    return marks.at[marks.count - 1] if marks.count else 0


cdef Text past_number(Text at, Text end) noexcept nogil:
    """Past blanks, a number, and blanks; NULL where there is none."""
    cdef Text start
    at = past_blanks(at, end)
    start = at
    while at < end and not is_blank(at[0]):
        at += 1
    return past_blanks(at, end) if at > start and is_number(start, at) else NULL


cdef bint take_tail(Scan* scan, Text at, Text end) noexcept nogil:
    """What follows name and labels: a value, perhaps a timestamp, perhaps an exemplar."""
    cdef Text start
    at = past_number(at, end)
    if at == NULL:
        return False
    if at < end and at[0] != b"#":
        start = at
        while at < end and not is_blank(at[0]):
            at += 1
        if not is_timestamp(start, at):
            return False
        at = past_blanks(at, end)
    if at == end:
        return True
    if at[0] != b"#":
        return False
    at = past_blanks(at + 1, end)
    if at >= end or at[0] != b"{":
        return False
    at = past_labels(scan, at, end, NULL, NULL)
    if at == NULL:
        return False
    at = past_number(at, end)
    if at == NULL:
        return False
    return at == end or past_number(at, end) == end


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


cdef bint take_sample(Scan* scan, Text start, Text at, Text end, Text behind) noexcept nogil:
    """A line at its first byte that is no blank."""
    cdef Entry name
    cdef Entry* last
    cdef Text begin = at
    cdef int32_t number, family, namespace = NONE
    name.text, name.size = NULL, 0
    if at[0] == b"{":
        at = past_labels(scan, at, end, &name, &namespace)
        if at == NULL or name.text == NULL or not good_bytes(begin, end):
            return False
        number = named(scan, name.text, name.size)
        if number == NOTHING or not take_tail(scan, at, end):
            return False
    else:
        last = &scan.names.entries[scan.last_name] if scan.last_name != NOTHING else NULL
        if (
            last != NULL
            and <size_t>last.size < <size_t>(end - at)
            and memcmp(last.text, at, last.size) == 0
            and at[last.size] == b"{"
        ):
            at += last.size
        else:
            if not begins_name(at[0]):
                return False
            while at < end and (begins_name(at[0]) or is_digit(at[0])):
                at += 1
            scan.last_name = named(scan, begin, <uint32_t>(at - begin))
            if scan.last_name == NOTHING:
                return False
            at = past_blanks(at, end)
        if at < end and at[0] == b"{":
            at = past_block(scan, at, end, &namespace)
            if at == NULL:
                return False
        if past_plain_tail(at, behind) != end and not (good_bytes(at, end) and take_tail(scan, at, end)):
            return False
        number = scan.last_name
    family = scan.family_of[number]
    scan.family[family].sampled = 1
    return take_piece(scan, start, behind, family, namespace)


cdef int32_t type_of(Text at, Text end) noexcept nogil:
    """NOTHING for what is no type of this format."""
    cdef uint32_t size = <uint32_t>(end - at)
    if size == 7 and memcmp(at, b"counter", 7) == 0:
        return UNTYPED
    if size == 5 and memcmp(at, b"gauge", 5) == 0:
        return UNTYPED
    if size == 7 and memcmp(at, b"untyped", 7) == 0:
        return UNTYPED
    if size == 7 and memcmp(at, b"summary", 7) == 0:
        return SUMMARY
    if size == 9 and memcmp(at, b"histogram", 9) == 0:
        return HISTOGRAM
    return NOTHING


cdef bint take_comment(Scan* scan, Text start, Text at, Text end, Text behind) noexcept nogil:
    """A line at its ``#``: HELP, TYPE and UNIT are taken, free comments left out."""
    cdef uint8_t said
    cdef Entry name
    cdef bint escaped = False
    cdef int32_t number, family, type = UNTYPED
    cdef Text text
    if not good_bytes(at, end):
        return False
    at = past_blanks(at + 1, end)
    if end - at < 5 or not is_blank(at[4]):
        return True
    if memcmp(at, b"HELP", 4) == 0:
        said = HELP_SEEN
    elif memcmp(at, b"TYPE", 4) == 0:
        said = TYPE_SEEN
    elif memcmp(at, b"UNIT", 4) == 0:
        said = UNIT_SEEN
    else:
        return True
    at = past_blanks(at + 4, end)
    if at == end or (said == UNIT_SEEN and not begins_name(at[0])):
        return True
    text = at
    if at[0] == b'"':
        at = past_quoted(at + 1, end, &escaped)
        if at == NULL:
            return False
        name.text, name.size = text + 1, <uint32_t>(at - 2 - text)
        if name.size == 0 or (escaped and not unescaped(scan, &name)):
            return False
    else:
        if not begins_name(at[0]):
            return False
        while at < end and (begins_name(at[0]) or is_digit(at[0])):
            at += 1
        name.text, name.size = text, <uint32_t>(at - text)
    if at < end and not is_blank(at[0]):
        return False
    text = past_blanks(at, end)
    if said == TYPE_SEEN:
        at = end
        while at > text and is_blank((at - 1)[0]):
            at -= 1
        type = type_of(text, at)
        if type == NOTHING:
            return False
    elif said == HELP_SEEN and not good_docstring(text, end):
        return False
    number = named(scan, name.text, name.size)
    if number == NOTHING:
        return False
    family = scan.family_of[number]
    if scan.family[family].declared & said:
        return False
    if said == TYPE_SEEN:
        if scan.family[family].sampled:
            return False
        scan.family[family].type = type
    scan.family[family].declared |= said
    return take_piece(scan, start, behind, family, HEADER)


cdef bint good_docstring(Text at, Text end) noexcept nogil:
    while at < end:
        if at[0] == b"\\":
            at += 1
            if at >= end or (at[0] != b"\\" and at[0] != b"n"):
                return False
        at += 1
    return True


cdef inline Text past_known(Scan* scan, Text at, Text stop, int32_t* namespace) noexcept nogil:
    """Past the name of the line before and the block of labels that came next the last time, where a line begins so;
    NULL where it does not. Neither can hold the end of a line.
    """
    cdef int32_t number
    cdef Entry* name
    cdef Entry* block
    if scan.last_name == NOTHING or scan.last_block == NOTHING:
        return NULL
    number = scan.block[scan.last_block].follower
    if number == NOTHING:
        return NULL
    name, block = &scan.names.entries[scan.last_name], &scan.blocks.entries[number]
    if <size_t>name.size + block.size > <size_t>(stop - at):
        return NULL
    if memcmp(at, name.text, name.size) != 0 or memcmp(at + name.size, block.text, block.size) != 0:
        return NULL
    scan.last_block = number
    namespace[0] = scan.block[number].namespace
    return at + name.size + block.size


cdef bint take_all(Scan* scan) noexcept nogil:
    """Every line of the body; False at the first that is not taken."""
    cdef Text start = scan.body
    cdef Text stop = scan.body + scan.size
    cdef Text end, behind, at
    cdef int32_t family, namespace
    while start < stop:
        at = past_known(scan, start, stop, &namespace)
        if at != NULL:
            end = past_plain_tail(at, stop)
            if end == NULL:
                end = <Text>memchr(at, b"\n", stop - at)
                if end == NULL:
                    end = stop
                if not good_bytes(at, end) or not take_tail(scan, at, end):
                    return False
            behind = end + 1 if end < stop else stop
            if <size_t>(end - start) > scan.most_line:
                return False
            family = scan.family_of[scan.last_name]
            scan.family[family].sampled = 1
            if not take_piece(scan, start, behind, family, namespace):
                return False
            start = behind
            continue
        end = <Text>memchr(start, b"\n", stop - start)
        behind = end + 1 if end != NULL else stop
        if end == NULL:
            end = stop
        if <size_t>(end - start) > scan.most_line:
            return False
        at = past_blanks(start, end)
        if at < end:
            if at[0] == b"#":
                if not take_comment(scan, start, at, end, behind):
                    return False
            elif not take_sample(scan, start, at, end, behind):
                return False
        start = behind
    return True


cdef inline Entry text_of(bytes text):
    cdef Entry found
    found.text, found.size, found.hash = <Text>PyBytes_AS_STRING(text), <uint32_t>PyBytes_GET_SIZE(text), 0
    return found


cdef bint covers(Entry pattern, Entry name) noexcept nogil:
    """Whether a pattern is a whole name, ``*`` in it any text."""
    cdef uint32_t at = 0, to = 0, star = 0, tried = 0
    cdef bint any = False
    while to < name.size:
        if at < pattern.size and pattern.text[at] == b"*":
            at += 1
            star, tried, any = at, to, True
        elif at < pattern.size and pattern.text[at] == name.text[to]:
            at += 1
            to += 1
        elif any:
            tried += 1
            at, to = star, tried
        else:
            return False
    while at < pattern.size and pattern.text[at] == b"*":
        at += 1
    return at == pattern.size


cdef class Records:
    """The pieces of one body, compact: runs of samples of one family and namespace, and the lines about families.

    ``families`` and ``namespaces`` are the bytes that numbers in the pieces stand for.
    """

    cdef Piece* pieces
    cdef uint32_t count
    cdef int32_t* order  # numbers of runs by namespace: those without a label first, then each namespace's
    cdef uint32_t* begins  # of each namespace's part of ``order``; the last is where it ends
    cdef uint32_t* headers
    cdef uint32_t header_count
    cdef uint64_t total
    cdef readonly tuple families
    cdef readonly tuple namespaces
    cdef bytes body

    def __dealloc__(self):
        free(self.pieces)
        free(self.order)
        free(self.begins)
        free(self.headers)

    def __len__(self):
        return self.count

    def piece(self, uint32_t number):
        """(start, end, number of the family, number of the namespace, samples); -1 is no label, -2 no sample."""
        cdef Piece* one
        if number >= self.count:
            raise IndexError(number)
        one = &self.pieces[number]
        return one.start, one.end, one.family, one.namespace, one.samples

    cdef bint _index(self) except False:
        """Sorts the numbers of runs by namespace, keeping their order."""
        cdef uint32_t groups = len(self.namespaces) + 1
        cdef uint32_t number, at
        cdef Piece* one
        self.begins = <uint32_t*>calloc(groups + 1, sizeof(uint32_t))
        self.order = <int32_t*>malloc((self.count + 1) * sizeof(int32_t))
        self.headers = <uint32_t*>malloc((self.count + 1) * sizeof(uint32_t))
        cdef uint32_t* counts = <uint32_t*>calloc(groups + 1, sizeof(uint32_t))
        if self.begins == NULL or self.order == NULL or self.headers == NULL or counts == NULL:
            free(counts)
            raise MemoryError
        with nogil:
            for number in range(self.count):
                one = &self.pieces[number]
                if one.namespace == HEADER:
                    self.headers[self.header_count] = number
                    self.header_count += 1
                else:
                    counts[one.namespace + 1] += 1
                    self.total += one.samples
            at = 0
            for number in range(groups):
                self.begins[number] = at
                at += counts[number]
                counts[number] = self.begins[number]
            self.begins[groups] = at
            for number in range(self.count):
                one = &self.pieces[number]
                if one.namespace != HEADER:
                    self.order[counts[one.namespace + 1]] = number
                    counts[one.namespace + 1] += 1
        free(counts)
        return True

    def rows(self, patterns):
        """For each part of a verdict a byte for each family: 1 where the first of the part's patterns that covers it
        keeps it. ``patterns``: for each part (pattern, whether it keeps), ``*`` stands for any text.
        """
        cdef Py_ssize_t count = len(self.families)
        cdef bytes table = PyBytes_FromStringAndSize(NULL, len(patterns) * count)
        cdef char* row = PyBytes_AS_STRING(table)
        cdef Py_ssize_t number
        cdef bytes family, pattern
        memset(row, 0, len(patterns) * count)
        for part in patterns:
            for number in range(count):
                family = self.families[number]
                for pattern, keeps in part:
                    if covers(text_of(pattern), text_of(family)):
                        row[number] = 1 if keeps else 0
                        break
            row += count
        return table

    def select(self, bytes groups not None, const uint8_t[:, ::1] families):
        """(answer, samples kept, samples dropped): the lines that are kept, byte for byte, with the lines about their
        families.

        ``groups``: for runs without a label, then for each namespace: 0 dropped, else 1 + the row of ``families`` that
        says, by the number of a family, whether it is kept.
        """
        cdef uint32_t words = (self.count + 63) // 64
        cdef uint64_t* chosen
        cdef uint8_t* alive
        cdef uint32_t group, at, number, word, start, end
        cdef uint64_t kept = 0, size = 0, bits
        cdef const uint8_t* row
        cdef char* out
        cdef uint32_t group_count = <uint32_t>PyBytes_GET_SIZE(groups)
        cdef Text chosen_rows = <Text>PyBytes_AS_STRING(groups)
        cdef Text body
        cdef Piece* one
        cdef bint open_ended
        if self.body is None:
            raise ValueError("expected the records of a scan")
        body = <Text>PyBytes_AS_STRING(self.body)
        if group_count != len(self.namespaces) + 1 or families.shape[1] < <Py_ssize_t>len(self.families):
            raise ValueError("as many groups as namespaces, and one, and as many columns as families")
        chosen = <uint64_t*>calloc(words + 1, sizeof(uint64_t))
        alive = <uint8_t*>calloc(len(self.families) + 1, 1)
        if chosen == NULL or alive == NULL:
            free(chosen)
            free(alive)
            raise MemoryError
        try:
            for group in range(group_count):
                if chosen_rows[group] > families.shape[0]:
                    raise ValueError("a row that there is not")
            with nogil:
                for group in range(group_count):
                    if chosen_rows[group] == 0:
                        continue
                    row = &families[chosen_rows[group] - 1, 0]
                    for at in range(self.begins[group], self.begins[group + 1]):
                        number = self.order[at]
                        one = &self.pieces[number]
                        if row[one.family]:
                            chosen[number >> 6] |= (<uint64_t>1) << (number & 63)
                            alive[one.family] = 1
                            kept += one.samples
                            size += one.end - one.start
                for at in range(self.header_count):
                    number = self.headers[at]
                    one = &self.pieces[number]
                    if alive[one.family]:
                        chosen[number >> 6] |= (<uint64_t>1) << (number & 63)
                        size += one.end - one.start
            open_ended = False
            if size and self.count and PyBytes_GET_SIZE(self.body) and body[PyBytes_GET_SIZE(self.body) - 1] != b"\n":
                # only the very last line can lack its line feed
                number = self.count - 1
                one = &self.pieces[number]
                open_ended = one.end == PyBytes_GET_SIZE(self.body) and (chosen[number >> 6] >> (number & 63)) & 1
            answer = PyBytes_FromStringAndSize(NULL, size + open_ended)
            out = PyBytes_AS_STRING(answer)
            with nogil:
                start = end = 0
                for word in range(words):
                    bits = chosen[word]
                    number = word << 6
                    while bits:
                        at = lowest(bits)
                        bits &= bits - 1
                        one = &self.pieces[number + at]
                        if one.start != end:
                            memcpy(out, body + start, end - start)
                            out += end - start
                            start = one.start
                        end = one.end
                memcpy(out, body + start, end - start)
                if open_ended:
                    out[end - start] = b"\n"
            return answer, kept, self.total - kept
        finally:
            free(chosen)
            free(alive)


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


cdef tuple texts(Names* names):
    return tuple([
        PyBytes_FromStringAndSize(<const char*>names.entries[number].text, names.entries[number].size)
        for number in range(names.count)
    ])


sow(urandom(32))
