from libc.stdlib cimport free, malloc


def primes(int count):
    """The first primes."""
    cdef int found = 0, candidate = 2, i
    cdef int *known = <int *> malloc(count * sizeof(int))
    if known == NULL:
        raise MemoryError
    try:
        while found < count:
            for i in range(found):
                if candidate % known[i] == 0:
                    break
            else:
                known[found] = candidate
                found += 1
            candidate += 1
        return [known[i] for i in range(found)]
    finally:
        free(known)
