# Blocks of labels: pair by pair, and those that were seen before.

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
    """From ``{`` to behind ``}``; NULL where it is no block of labels. ``name`` takes a quoted metric name,
    ``namespace`` the number of that label's value, where they are not NULL.
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
