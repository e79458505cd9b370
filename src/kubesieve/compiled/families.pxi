# Families, and the pieces that a body is cut into.

cdef inline int32_t numbered(NameTable* names, Text text, uint32_t size) noexcept nogil:
    cdef uint32_t hash = hashed(text, size)
    cdef int32_t number = find(names, text, size, hash)
    return number if number != NOTHING else add(names, text, size, hash)


cdef int32_t named(Scan* scan, Text text, uint32_t size) noexcept nogil:
    """The number of a name, whose family is in ``family_of`` then, a new one where none fits; NOTHING where there is no
    memory.
    """
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
