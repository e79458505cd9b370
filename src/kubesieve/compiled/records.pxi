# What a scan leaves behind, and the answers that are made of it.

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
