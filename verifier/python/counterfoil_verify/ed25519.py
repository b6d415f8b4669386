"""Ed25519 signatures by the rules of ZIP-215 (https://zips.z.cash/zip-0215).

The ledger's validators must agree on every signature, the odd ones too. RFC 8032 leaves open which of these are good; ZIP-215 does not:

- A and R are any 32 bytes that decode to a point. The y coordinate may be p or more, x may be a zero with the sign bit set,
  and the point may be of small order.
- s is below the order L of the base point.
- [8][s]B = [8]R + [8][k]A, with k = SHA-512(R ‖ A ‖ message).

What the `cryptography` package accepts satisfies the equation without the eights, and so the one with them: it is asked first, as it is
fast. What it refuses, or all where it is not installed, is decided by the plain arithmetic below.
"""

import hashlib

try:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    Ed25519PublicKey = None

P = 2**255 - 19
# The order of the base point.
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
_SQRT_MINUS_ONE = pow(2, (P - 1) // 4, P)


def verify(public_key, message, signature):
    """Whether a signature of 64 bytes by a key of 32 bytes is good."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    if int.from_bytes(signature[32:], "little") >= L:
        return False
    return _is_good_by_library(public_key, message, signature) or verify_slowly(public_key, message, signature)


def _is_good_by_library(public_key, message, signature):
    if Ed25519PublicKey is None:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def verify_slowly(public_key, message, signature):
    """The same, by definition. Takes some milliseconds; it handles public data alone, so it need not take the same time always."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    s = int.from_bytes(signature[32:], "little")
    if s >= L:
        return False
    a, r = decode_point(public_key), decode_point(signature[:32])
    if a is None or r is None:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % L
    # [8]([s]B − [k]A − R) is the neutral point.
    left = _double_multiply(s, BASE, k, _negate(a))
    return is_neutral(times_eight(add(left, _negate(r))))


# Points in extended coordinates (X, Y, Z, T): x = X/Z, y = Y/Z, x·y = T/Z, on −x² + y² = 1 + d·x²·y².
NEUTRAL = (0, 1, 1, 0)


def decode_point(encoded):
    """The point that 32 bytes stand for, or None: y with 255 bits, reduced modulo p, and the lowest bit of x on top."""
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, (number & (2**255 - 1)) % P
    numerator, denominator = (y * y - 1) % P, (D * y * y + 1) % P
    # A candidate for the square root of numerator / denominator (RFC 8032, section 5.1.3).
    x = numerator * pow(denominator, 3, P) * pow(numerator * pow(denominator, 7, P), (P - 5) // 8, P) % P
    square = denominator * x * x % P
    if square == -numerator % P and numerator != 0:
        x = x * _SQRT_MINUS_ONE % P
    elif square != numerator:
        return None
    if x & 1 != sign:
        x = -x % P
    return (x, y, 1, x * y % P)


def add(one, other):
    """The sum of two points; the formula is complete, so that it also doubles."""
    x1, y1, z1, t1 = one
    x2, y2, z2, t2 = other
    a = (y1 - x1) * (y2 - x2) % P
    b = (y1 + x1) * (y2 + x2) % P
    c = 2 * D * t1 * t2 % P
    d = 2 * z1 * z2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def _negate(point):
    x, y, z, t = point
    return (-x % P, y, z, -t % P)


def times_eight(point):
    for _ in range(3):
        point = add(point, point)
    return point


def is_neutral(point):
    x, y, z, _ = point
    return x % P == 0 and (y - z) % P == 0


def _double_multiply(m, one, n, other):
    """[m]one + [n]other, doubling once for both."""
    both = add(one, other)
    result = NEUTRAL
    for at in reversed(range(256)):
        result = add(result, result)
        bits = m >> at & 1, n >> at & 1
        if bits == (1, 1):
            result = add(result, both)
        elif bits == (1, 0):
            result = add(result, one)
        elif bits == (0, 1):
            result = add(result, other)
    return result


BASE = decode_point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
