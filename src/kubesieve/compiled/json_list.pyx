# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The compiled twin of the plain reader of JSON lists (kubelet/listed.py): the same bodies taken; it explains nothing.

``scan`` reads a body once, off the GIL: the whole grammar, UTF-8, names given twice, depth; and where the members of
the body and the items of its list lie. None for whatever it does not take, and for what is rare: the plain reader looks.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int32_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free
from libc.string cimport memcmp

from kubesieve.compiled.arrays cimport grown
from kubesieve.compiled.characters cimport good_utf8, is_digit, lowest, past_digits
from kubesieve.compiled.names cimport Entry, NameTable, Text, add, empty, find, hashed, let_go, sow

from os import urandom

cdef bytes NAMESPACE = b"namespace"

cdef enum:
    MOST_BODY = 0x7FFFFFFF
    MOST_DEPTH = 64
    MOST_DIGITS = 256  # of a number that is not left to the plain reader
    FEW = 16  # names of an object that are compared one by one

    BODY = 1  # how many brackets are open in the body, in its list, in an item, in the item's reference
    LIST = 2
    ITEM = 3
    REFERENCE = 4


cdef extern from *:
    """
    /* To the next quote, backslash or control character. */
    static inline const uint8_t *past_usual(const uint8_t *at, const uint8_t *end) {
    #if defined(__SSE2__)
        const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\\\'), control = _mm_set1_epi8(31);
        while (end - at >= 16) {
            __m128i some = _mm_loadu_si128((const __m128i *)at);
            __m128i odd = _mm_or_si128(_mm_cmpeq_epi8(some, quote), _mm_cmpeq_epi8(some, backslash));
            int found = _mm_movemask_epi8(_mm_or_si128(odd, _mm_cmpeq_epi8(_mm_min_epu8(some, control), some)));
            if (found) return at + lowest((uint64_t)found);
            at += 16;
        }
    #endif
        while (at < end && *at != '"' && *at != '\\\\' && *at > 31) at++;
        return at;
    }
    """
    Text past_usual(Text at, Text end) noexcept nogil


cdef struct Level:
    uint8_t closes  # the bracket that does
    uint32_t first  # of its names, among those that are open
    NameTable more  # where there are many


cdef struct Span:
    uint32_t name  # of a member: where its name begins, without the quote; of an item: where its namespace does
    uint32_t name_end
    uint32_t start
    uint32_t end


cdef struct Spans:
    Span* each
    uint32_t count
    uint32_t room


cdef struct Word:
    Text text
    uint32_t size


cdef struct Scan:
    Text body
    Text end
    Word list_name
    Word reference
    Word namespace
    uint32_t depth
    Level levels[MOST_DEPTH + 1]
    Entry* names  # of all objects that are open
    uint32_t name_count
    uint32_t name_room
    Spans members
    Spans items
    Text name  # of the member that is being read
    uint32_t name_size
    bint escaped  # something in the string that was read last
    bint in_list
    bint in_reference
    bint list_seen
    bint namespace_seen


cdef inline Text past_space(Text at, Text end) noexcept nogil:
    while at < end and (at[0] == b" " or at[0] == b"\n" or at[0] == b"\t" or at[0] == b"\r"):
        at += 1
    return at


cdef int32_t code_unit(Text at, Text end) noexcept nogil:
    """The four hexadecimal digits here; -1 where there are fewer."""
    cdef int32_t value = 0
    cdef int number
    cdef uint8_t byte
    if end - at < 4:
        return -1
    for number in range(4):
        byte = at[number]
        if is_digit(byte):
            value = value * 16 + byte - 48
        elif b"a" <= (byte | 0x20) <= b"f":
            value = value * 16 + (byte | 0x20) - 87
        else:
            return -1
    return value


cdef inline bint is_high(int32_t unit) noexcept nogil:
    return 0xD800 <= unit <= 0xDBFF


cdef inline bint is_low(int32_t unit) noexcept nogil:
    return 0xDC00 <= unit <= 0xDFFF


cdef inline bint is_escaped(uint8_t byte) noexcept nogil:
    """What may stand behind a backslash, but for ``/`` and ``u``."""
    return byte == b'"' or byte == b"\\" or byte == b"n" or byte == b"t" or byte == b"r" or byte == b"b" or byte == b"f"


cdef Text past_escape(Text at, Text end, bint in_name) noexcept nogil:
    """From the backslash on; NULL where it is no escape, half a surrogate pair, or could spell a name in another
    way.
    """
    cdef int32_t unit
    at += 1
    if at >= end:
        return NULL
    if at[0] != b"u":
        if (at[0] == b"/" and not in_name) or is_escaped(at[0]):
            return at + 1
        return NULL
    unit = code_unit(at + 1, end)
    if in_name or unit < 0 or is_low(unit):
        return NULL
    at += 5
    if is_high(unit):
        if end - at < 6 or at[0] != b"\\" or at[1] != b"u" or not is_low(code_unit(at + 2, end)):
            return NULL
        at += 6
    return at


cdef inline Text past_string(Scan* scan, Text at, bint in_name) noexcept nogil:
    """From behind the opening quote to behind the closing one; NULL where it is not a string that is taken."""
    scan.escaped = False
    while True:
        at = past_usual(at, scan.end)
        if at >= scan.end:
            return NULL
        if at[0] == b'"':
            return at + 1
        if at[0] != b"\\":
            return NULL
        scan.escaped = True
        at = past_escape(at, scan.end, in_name)
        if at == NULL:
            return NULL


cdef Text past_number(Text at, Text end) noexcept nogil:
    cdef Text start = at
    cdef Text digits
    if at[0] == b"-":
        at += 1
    if at >= end or not is_digit(at[0]):
        return NULL
    at = at + 1 if at[0] == b"0" else past_digits(at, end)
    if at < end and at[0] == b".":
        digits = at + 1
        at = past_digits(digits, end)
        if at == digits:
            return NULL
    if at < end and (at[0] | 0x20) == b"e":
        at += 1
        if at < end and (at[0] == b"+" or at[0] == b"-"):
            at += 1
        digits = at
        at = past_digits(digits, end)
        if at == digits:
            return NULL
    return at if at - start <= MOST_DIGITS else NULL


cdef inline Text past_word(Text at, Text end, const char* word, uint32_t size) noexcept nogil:
    return at + size if end - at >= size and memcmp(at, word, size) == 0 else NULL


cdef Text past_scalar(Text at, Text end) noexcept nogil:
    """A number, true, false or null."""
    if at[0] == b"-" or is_digit(at[0]):
        return past_number(at, end)
    if at[0] == b"t":
        return past_word(at, end, b"true", 4)
    if at[0] == b"f":
        return past_word(at, end, b"false", 5)
    return past_word(at, end, b"null", 4)


cdef inline bint is_name(Scan* scan, Word* wanted) noexcept nogil:
    return scan.name_size == wanted.size and memcmp(scan.name, wanted.text, wanted.size) == 0


cdef bint is_like(Scan* scan, Word* wanted) noexcept nogil:
    """The name in another case, which some readers take for the same; ``wanted`` is ASCII letters."""
    cdef uint32_t number
    if scan.name_size != wanted.size or is_name(scan, wanted):
        return False
    for number in range(wanted.size):
        if (scan.name[number] ^ wanted.text[number]) & 0xDF:
            return False
    return True


cdef bint is_plain_name(Scan* scan) noexcept nogil:
    cdef uint32_t number
    if scan.escaped:
        return False
    for number in range(scan.name_size):
        if scan.name[number] >= 0x80:
            return False
    return True


cdef bint is_clear(Scan* scan) noexcept nogil:
    """Where names decide: whether this one can be taken for one other only by who would mistake any."""
    if scan.depth == BODY:
        return is_plain_name(scan) and not is_like(scan, &scan.list_name)
    if not scan.in_list:
        return True
    if scan.depth == ITEM:
        return is_plain_name(scan) and not is_like(scan, &scan.reference)
    if scan.depth == REFERENCE and scan.in_reference:
        return is_plain_name(scan) and not is_like(scan, &scan.namespace)
    return True


cdef bint take_new(Scan* scan) noexcept nogil:
    """Remembers the name among those of its object; False where it was there before."""
    cdef Level* level = &scan.levels[scan.depth]
    cdef uint32_t hash = hashed(scan.name, scan.name_size)
    cdef uint32_t number
    cdef Entry* one
    cdef Entry* names
    if scan.name_count - level.first < FEW:
        for number in range(level.first, scan.name_count):
            one = &scan.names[number]
            if one.hash == hash and one.size == scan.name_size and memcmp(one.text, scan.name, one.size) == 0:
                return False
    else:
        if level.more.count == 0:
            for number in range(level.first, scan.name_count):
                one = &scan.names[number]
                if add(&level.more, one.text, one.size, one.hash) < 0:
                    return False
        if find(&level.more, scan.name, scan.name_size, hash) >= 0:
            return False
        return add(&level.more, scan.name, scan.name_size, hash) >= 0
    names = <Entry*>grown(scan.names, &scan.name_room, scan.name_count + 1, sizeof(Entry))
    if names == NULL:
        return False
    scan.names = names
    one = &scan.names[scan.name_count]
    one.text, one.size, one.hash = scan.name, scan.name_size, hash
    scan.name_count += 1
    return True


cdef Text past_name(Scan* scan, Text at) noexcept nogil:
    """A member's name and the colon behind it; where its value begins."""
    if at >= scan.end or at[0] != b'"':
        return NULL
    scan.name = at + 1
    at = past_string(scan, at + 1, True)
    if at == NULL:
        return NULL
    scan.name_size = <uint32_t>(at - 1 - scan.name)
    if not is_clear(scan) or not take_new(scan):
        return NULL
    at = past_space(at, scan.end)
    if at >= scan.end or at[0] != b":":
        return NULL
    return past_space(at + 1, scan.end)


cdef bint begin(Spans* spans, Text start, Text name, Text name_end, Text body) noexcept nogil:
    cdef Span* each = <Span*>grown(spans.each, &spans.room, spans.count + 1, sizeof(Span))
    if each == NULL:
        return False
    spans.each = each
    each = &spans.each[spans.count]
    each.name, each.name_end = <uint32_t>(name - body), <uint32_t>(name_end - body)
    each.start = each.end = <uint32_t>(start - body)
    spans.count += 1
    return True


cdef bint take_begin(Scan* scan, Text at) noexcept nogil:
    """A value begins here: whether the shape lets it stand where it does."""
    if scan.depth == 0:
        return at[0] == b"{"
    if scan.depth == BODY:
        if not begin(&scan.members, at, scan.name, scan.name + scan.name_size, scan.body):
            return False
        if is_name(scan, &scan.list_name):
            scan.list_seen = True
            scan.in_list = at[0] == b"["
            return scan.in_list or at[0] == b"n"
        return True
    if not scan.in_list:
        return True
    if scan.depth == LIST:
        scan.namespace_seen = False
        return at[0] == b"{" and begin(&scan.items, at, at, at, scan.body)
    if scan.depth == ITEM and is_name(scan, &scan.reference):
        scan.in_reference = at[0] == b"{"
        return scan.in_reference
    if scan.depth == REFERENCE and scan.in_reference and is_name(scan, &scan.namespace):
        return at[0] == b'"'
    return True


cdef inline bint take_namespace(Scan* scan, Text at, Text behind) noexcept nogil:
    """A string was read: the item's namespace, if it stands there, must be plain and not empty."""
    cdef Span* item
    if scan.depth != REFERENCE or not scan.in_reference or not is_name(scan, &scan.namespace):
        return True
    item = &scan.items.each[scan.items.count - 1]
    item.name, item.name_end = <uint32_t>(at + 1 - scan.body), <uint32_t>(behind - 1 - scan.body)
    scan.namespace_seen = True
    return not scan.escaped and item.name_end > item.name


cdef inline bint take_end(Scan* scan, Text behind) noexcept nogil:
    """A value ended before here."""
    if scan.depth == BODY:
        scan.members.each[scan.members.count - 1].end = <uint32_t>(behind - scan.body)
        scan.in_list = False
    elif scan.in_list:
        if scan.depth == LIST:
            scan.items.each[scan.items.count - 1].end = <uint32_t>(behind - scan.body)
            return scan.namespace_seen
        if scan.depth == ITEM:
            scan.in_reference = False
    return True


cdef inline bint take_open(Scan* scan, uint8_t closes, uint32_t most_depth) noexcept nogil:
    cdef Level* level
    if scan.depth >= most_depth:
        return False
    scan.depth += 1
    level = &scan.levels[scan.depth]
    level.closes, level.first = closes, scan.name_count
    return True


cdef inline void take_close(Scan* scan) noexcept nogil:
    cdef Level* level = &scan.levels[scan.depth]
    scan.name_count = level.first
    if level.more.count:
        let_go(&level.more)
        empty(&level.more)
    scan.depth -= 1


cdef bint take_all(Scan* scan, uint32_t most_depth) noexcept nogil:
    """One value, an object, and nothing behind it."""
    cdef Text at = past_space(scan.body, scan.end)
    cdef Text start
    cdef bint opened
    while True:  # a value begins here
        if at >= scan.end or not take_begin(scan, at):
            return False
        start = at
        opened = False
        if at[0] == b'"':
            at = past_string(scan, at + 1, False)
            if at == NULL or not take_namespace(scan, start, at):
                return False
        elif at[0] == b"{" or at[0] == b"[":
            if not take_open(scan, b"}" if at[0] == b"{" else b"]", most_depth):
                return False
            opened = True
            at += 1
        else:
            at = past_scalar(at, scan.end)
            if at == NULL:
                return False
        while True:  # behind a value, or behind an opening bracket
            if not opened and not take_end(scan, at):
                return False
            at = past_space(at, scan.end)
            if scan.depth == 0:
                return at == scan.end and scan.list_seen
            if at >= scan.end:
                return False
            if at[0] == scan.levels[scan.depth].closes:
                take_close(scan)
                opened = False
                at += 1
                continue
            if not opened:
                if at[0] != b",":
                    return False
                at = past_space(at + 1, scan.end)
            break
        if scan.levels[scan.depth].closes == b"}":
            at = past_name(scan, at)
            if at == NULL:
                return False


def scan(bytes body not None, bytes list_name not None, bytes reference not None, uint32_t most_depth):
    """([(name, value), …], [(namespace, item), …]), all of them bytes of the body: the members of the object that it
    is, without its list, and that list's items. None where the plain reader has to look.
    """
    cdef Scan state
    cdef bint good
    cdef uint32_t number
    cdef Span* one
    if PyBytes_GET_SIZE(body) > MOST_BODY or most_depth > MOST_DEPTH:
        return None
    state.body = <Text>PyBytes_AS_STRING(body)
    state.end = state.body + PyBytes_GET_SIZE(body)
    state.list_name, state.reference, state.namespace = word(list_name), word(reference), word(NAMESPACE)
    state.depth = 0
    for number in range(MOST_DEPTH + 1):
        empty(&state.levels[number].more)
    state.names, state.name_count, state.name_room = NULL, 0, 0
    state.members.each, state.members.count, state.members.room = NULL, 0, 0
    state.items.each, state.items.count, state.items.room = NULL, 0, 0
    state.name, state.name_size = state.body, 0
    state.escaped = state.in_list = state.in_reference = state.list_seen = state.namespace_seen = False
    with nogil:
        good = good_utf8(state.body, state.end) and take_all(&state, most_depth)
    try:
        if not good:
            return None
        members, items = [], []
        for number in range(state.members.count):
            one = &state.members.each[number]
            name = cut(state.body, one.name, one.name_end)
            if name != list_name:
                members.append((name, cut(state.body, one.start, one.end)))
        for number in range(state.items.count):
            one = &state.items.each[number]
            items.append((cut(state.body, one.name, one.name_end), cut(state.body, one.start, one.end)))
        return members, items
    finally:
        for number in range(MOST_DEPTH + 1):
            let_go(&state.levels[number].more)
        free(state.names)
        free(state.members.each)
        free(state.items.each)


cdef inline Word word(bytes text):
    cdef Word made
    made.text, made.size = <Text>PyBytes_AS_STRING(text), <uint32_t>PyBytes_GET_SIZE(text)
    return made


cdef inline bytes cut(Text body, uint32_t start, uint32_t end):
    return PyBytes_FromStringAndSize(<const char*>body + start, end - start)


sow(urandom(32))
