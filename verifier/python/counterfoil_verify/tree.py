"""Trees over a list of leaves (RFC 6962, section 2.1): blocks, private fields and histories have them."""

from .basics import NotProven, sha256


def leaf_hash(*parts):
    return sha256(b"\x00", *parts)


def node_hash(left, right):
    return sha256(b"\x01", left, right)


def root_above(leaf, position, count, siblings):
    """The root to which the leaf of a position among so many leads by its siblings, the lowest first (RFC 6962, section 2.1.1).

    None where they do not fit. They fit several numbers of leaves, and where these differ, several positions: only the way is fixed.
    """
    if position >= count:
        return None
    last = count - 1
    for sibling in siblings:
        # On each level the last node without a sibling is passed up as it is.
        while position == last and position & 1 == 0 and last > 0:
            position, last = position >> 1, last >> 1
        if last == 0 or len(sibling) != 32:
            return None
        leaf = node_hash(sibling, leaf) if position & 1 else node_hash(leaf, sibling)
        position, last = position >> 1, last >> 1
    return leaf if last == 0 else None


def root_over(size, first, leaves, hashes):
    """The root over so many leaves, of which some that stand together are given, and what is left of the hashes.

    The hashes are those of the largest subtrees with none of the leaves, from left to right.
    """
    end = first + len(leaves)

    def subtree(begin, size):
        nonlocal hashes
        if begin + size <= first or end <= begin:
            taken, hashes = hashes[:32], hashes[32:]
            if len(taken) < 32:
                raise NotProven("the proof of the entries is too short")
            return taken
        if size == 1:
            return leaves[begin - first]
        # The largest power of two below the size: so it calls itself 64 deep at most.
        half = 1 << (size - 1).bit_length() - 1
        left = subtree(begin, half)
        return node_hash(left, subtree(begin + half, size - half))

    return subtree(0, size), hashes
