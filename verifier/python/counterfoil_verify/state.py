"""Whether records stand, or do not stand, under a state root."""

from .basics import NotProven, sha256, tagged

_NOTHING = b"SPARSE_MERKLE_PLACEHOLDER_HASH__"
_DEPTH = 256
MAX_SHAPE_BYTES = 256 * 1024


def check_state(root, proof, records):
    """Checks records, a dict of bytes by key, where empty bytes say that nothing stands there."""
    if len(proof["shape"]) > MAX_SHAPE_BYTES:
        raise NotProven("the proof of the state describes more than a file has hashes for")
    leaves = []
    for key, record in records.items():
        path = int.from_bytes(tagged("counterfoil/state-key/v1", key), "big")
        leaves.append((path, sha256(record) if record else None))
    leaves.sort()
    walk = _Walk(proof["shape"], proof["hashes"], leaves)
    found = walk.subtree(0, 0, len(leaves))
    walk.check_end()
    if found != root:
        raise NotProven("the records are not those of the block's state")


def _leaf_hash(path, record_hash):
    return sha256(b"JMT::LeafNode", path.to_bytes(32, "big"), record_hash)


class _Walk:
    """One walk over the tree, from the root down, left before right. Paths are numbers of 256 bits."""

    def __init__(self, shape, hashes, leaves):
        self.shape, self.steps = shape, 0
        self.hashes, self.taken = hashes, 0
        self.leaves = leaves

    def step(self):
        """The next two bits of the shape."""
        place, bits = divmod(self.steps, 4)
        if place >= len(self.shape):
            raise NotProven("the proof of the state is too short")
        self.steps += 1
        return self.shape[place] >> (6 - 2 * bits) & 3

    def hash(self):
        """The next 32 bytes of the hashes."""
        taken = self.hashes[self.taken : self.taken + 32]
        if len(taken) < 32:
            raise NotProven("the proof of the state is too short")
        self.taken += 32
        return taken

    def subtree(self, depth, first, end):
        """The hash of the subtree at a depth in which the leaves from `first` up to `end` lie. It calls itself 256 deep at most."""
        step = self.step()
        if first == end:
            return self.beside(step)
        if step == 0:
            if depth == _DEPTH:
                raise NotProven("the proof of the state goes deeper than the tree")
            middle = self.middle(depth, first, end)
            left = self.subtree(depth + 1, first, middle)
            right = self.subtree(depth + 1, middle, end)
            return sha256(b"JMT::IntrnalNode", left, right)
        shown = [leaf for leaf in self.leaves[first:end] if leaf[1] is not None]
        if step == 2:
            if len(shown) != 1:
                raise NotProven("the proof of the state has not one record where it says one is")
            return _leaf_hash(*shown[0])
        if shown:
            raise NotProven("the proof of the state says that a record of the file is not there")
        return _NOTHING if step == 1 else self.other_leaf(depth, first, end)

    def beside(self, step):
        """The hash of a subtree in which no key lies. One subtree has one form."""
        if step == 1:
            return _NOTHING
        if step != 0:
            raise NotProven("the proof of the state has a leaf where no key lies")
        found = self.hash()
        if found == _NOTHING:
            raise NotProven("the proof of the state writes nothing out as a hash")
        return found

    def other_leaf(self, depth, first, end):
        """A leaf that is none of those asked for, but stands where they would: so they are not there."""
        path, record_hash = int.from_bytes(self.hash(), "big"), self.hash()
        if any(path == leaf[0] for leaf in self.leaves[first:end]):
            raise NotProven("the proof of the state has a record that the file says is missing")
        # One from elsewhere would hide what is here.
        if path >> (_DEPTH - depth) != self.leaves[first][0] >> (_DEPTH - depth):
            raise NotProven("the proof of the state has a leaf from elsewhere")
        return _leaf_hash(path, record_hash)

    def middle(self, depth, first, end):
        """Where the right half begins: with the first path whose next bit is one."""
        bit = 1 << (_DEPTH - 1 - depth)
        for at in range(first, end):
            if self.leaves[at][0] & bit:
                return at
        return end

    def check_end(self):
        """Nothing of shape and hashes may be left over."""
        if len(self.shape) != (self.steps + 3) // 4 or self.taken != len(self.hashes):
            raise NotProven("the proof of the state is too long")
        unused = -self.steps % 4
        if self.shape[-1] & (1 << 2 * unused) - 1:
            raise NotProven("the proof of the state is not filled up with zeros")
