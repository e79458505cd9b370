# Lines: samples of a family, and the comments between.

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
