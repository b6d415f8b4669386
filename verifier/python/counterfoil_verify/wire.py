"""Protobuf, as far as proofs need it. A message is a dict of its fields by name.

A field that is absent has its default: 0, False, empty bytes or text, None for a message, an empty list where it is repeated.
"""

from .basics import NotProven
from .schema import MESSAGES

# No file of 4 MiB that means something holds so many messages: those that it may have many of are the entries of a history, each
# with an entry and a date in it in about ninety bytes. Empty ones, of two bytes each, would cost a hundred times their size in memory.
MAX_MESSAGES = 200_000

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_LARGEST = {"uint32": 2**32 - 1, "uint64": 2**64 - 1, "bool": 1, "enum": 2**31 - 1}
_DEFAULTS = {"uint32": 0, "uint64": 0, "bool": False, "enum": 0, "bytes": b"", "string": ""}


class _Malformed(Exception):
    """The bytes are not the expected message. Never leaves this module."""


def decode_strictly(name, data, what):
    """Reads a message whose one encoding these bytes are: decode, encode again, compare.

    So no byte of a file is free: whoever changes one changes what the file says, or makes it no proof.
    """
    try:
        message = _Reader(skips_unknown=False).message(name, data)
    except _Malformed as problem:
        raise NotProven(f"{what} is not what it should be: {problem}") from None
    if encode(name, message) != data:
        raise NotProven(f"{what} is not in canonical encoding")
    return message


def decode_record(name, data, what):
    """Reads a record that was proven, and skips the fields that are not in its schema, which says why that is enough."""
    try:
        return _Reader(skips_unknown=True).message(name, data)
    except _Malformed as problem:
        raise NotProven(f"the record of the {what} is damaged: {problem}") from None


def decode_event(kinds, data, what):
    """Reads the body of an event, a message that has one of several others: `kinds` names them by their field numbers.

    Gives that name, None where it has none of them, and the message, None where the schema only names it.
    """
    kind, found = None, b""
    try:
        for number, wire_type, value in _fields(data):
            if number in kinds:
                if wire_type != _BYTES:
                    raise _Malformed("a message is something else")
                # The last one counts; what comes in two pieces is one. So all of protobuf has it.
                found = found + value if kinds[number] == kind else value
                kind = kinds[number]
        return kind, _Reader(skips_unknown=True).message(kind, found) if kind in MESSAGES else None
    except _Malformed as problem:
        raise NotProven(f"{what} cannot be read: {problem}") from None


def empty(name):
    """A message of which every field has its default."""
    return {field: [] if kind.endswith("*") else _DEFAULTS.get(kind) for field, kind in MESSAGES[name].values()}


def encode(name, message):
    """The canonical encoding: fields in the order of their numbers, defaults left out, numbers in their shortest form."""
    out = bytearray()
    for number, (field, kind) in sorted(MESSAGES[name].items()):
        value = message[field]
        if kind.endswith("*"):
            _encode_repeated(out, number, kind[:-1], value)
        elif kind in MESSAGES:
            # A message that is there is written even if it is empty.
            if value is not None:
                _encode_bytes(out, number, encode(kind, value))
        elif value:
            _encode_scalar(out, number, kind, value)
    return bytes(out)


def _encode_repeated(out, number, kind, values):
    if kind in MESSAGES:
        for value in values:
            _encode_bytes(out, number, encode(kind, value))
    elif kind in ("bytes", "string"):
        for value in values:
            _encode_scalar(out, number, kind, value)
    elif values:
        # Numbers are packed into one field.
        packed = bytearray()
        for value in values:
            _encode_varint(packed, value)
        _encode_bytes(out, number, packed)


def _encode_scalar(out, number, kind, value):
    if kind == "bytes":
        _encode_bytes(out, number, value)
    elif kind == "string":
        _encode_bytes(out, number, value.encode("utf-8"))
    else:
        _encode_varint(out, number << 3 | _VARINT)
        _encode_varint(out, int(value))


def _encode_bytes(out, number, data):
    _encode_varint(out, number << 3 | _BYTES)
    _encode_varint(out, len(data))
    out += data


def _encode_varint(out, value):
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


class _Reader:
    """Reads one message and those in it. How deep they are nested is bounded by the schemas, none of which contains itself."""

    def __init__(self, skips_unknown):
        self.skips_unknown = skips_unknown
        self.messages = 0

    def message(self, name, data, begun=None):
        """Reads a message, or more of one that is begun: in protobuf, one that comes in two pieces is one."""
        self.messages += 1
        if self.messages > MAX_MESSAGES:
            raise _Malformed("it holds too many messages")
        schema = MESSAGES[name]
        message = begun or empty(name)
        for number, wire_type, value in _fields(data):
            if number not in schema:
                if not self.skips_unknown:
                    raise _Malformed(f"{name} has an unknown field {number}")
                continue
            field, kind = schema[number]
            if kind.endswith("*"):
                message[field].extend(self.repeated(kind[:-1], wire_type, value))
            else:
                message[field] = self.single(kind, wire_type, value, message[field])
        return message

    def repeated(self, kind, wire_type, value):
        if kind not in _LARGEST:
            return [self.single(kind, wire_type, value)]
        if wire_type != _BYTES:
            raise _Malformed("a list of numbers is not packed")
        numbers, at = [], 0
        while at < len(value):
            number, at = _varint(value, at)
            numbers.append(_number(kind, number))
        return numbers

    def single(self, kind, wire_type, value, before=None):
        if kind in _LARGEST:
            if wire_type != _VARINT:
                raise _Malformed("a number is something else")
            return _number(kind, value)
        if wire_type != _BYTES:
            raise _Malformed("a text, bytes or a message is something else")
        if kind == "bytes":
            return value
        if kind == "string":
            try:
                return value.decode("utf-8")
            except UnicodeDecodeError:
                raise _Malformed("a text is not UTF-8") from None
        return self.message(kind, value, before)


def _fields(data):
    """Number, wire type and value of each field."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        if tag >> 3 == 0:
            raise _Malformed("a field has the number 0")
        value, at = _value(data, at, tag & 7)
        yield tag >> 3, tag & 7, value


def _number(kind, value):
    if value > _LARGEST[kind]:
        raise _Malformed("a number is too large")
    return bool(value) if kind == "bool" else value


def _value(data, at, wire_type):
    """The value of one field, as a number or bytes, and where the next field begins."""
    if wire_type == _VARINT:
        return _varint(data, at)
    if wire_type == _BYTES:
        length, at = _varint(data, at)
    elif wire_type == _FIXED64:
        length = 8
    elif wire_type == _FIXED32:
        length = 4
    else:
        raise _Malformed("a field has an unknown wire type")
    end = at + length
    if end > len(data):
        raise _Malformed("it ends in the middle of a field")
    return data[at:end], end


def _varint(data, at):
    value = 0
    for place in range(10):
        if at >= len(data):
            raise _Malformed("it ends in the middle of a number")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            if value >= 2**64:
                raise _Malformed("a number is too large")
            return value, at
    raise _Malformed("a number is too long")
