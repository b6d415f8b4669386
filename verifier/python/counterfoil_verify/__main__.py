"""The command: `python3 -m counterfoil_verify FILE --genesis GENESIS [--checkpoint HEIGHT:HASH] [--json]`.

It exits with 0 where the file is proven, with 1 where it is not, and with 2 where it was called wrongly.
"""

import argparse
import json
import re
import sys

from . import BadGenesis, Checkpoint, NotProven, prove, read_genesis, summary
from .proof import MAX_FILE_BYTES
from .report import report

_CHECKPOINT = re.compile(r"([0-9]{1,20}):([0-9a-fA-F]{64})\Z", re.ASCII)


def _checkpoint(text):
    match = _CHECKPOINT.match(text)
    if not match or not 1 <= int(match[1]) < 2**64:
        raise argparse.ArgumentTypeError("a checkpoint is HEIGHT:HASH, with 64 hexadecimal digits")
    return Checkpoint(int(match[1]), bytes.fromhex(match[2]))


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="counterfoil_verify", description="Checks a proof file of a Counterfoil ledger.")
    parser.add_argument("file", help="the proof file")
    parser.add_argument("--genesis", required=True, help="the network's genesis.json, from somebody you trust")
    parser.add_argument("--checkpoint", type=_checkpoint, metavar="HEIGHT:HASH", help="a block that you know")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    asked = parser.parse_args(arguments)
    try:
        with open(asked.genesis, encoding="utf-8") as opened:
            genesis = read_genesis(opened.read())
        with open(asked.file, "rb") as opened:
            # One byte more than is taken is enough to refuse the rest.
            file = opened.read(MAX_FILE_BYTES + 1)
    except (OSError, UnicodeDecodeError, BadGenesis) as problem:
        parser.error(str(problem))
    try:
        proven = prove(file, genesis, asked.checkpoint)
    except NotProven as reason:
        print(f"NOT PROVEN: {reason}")
        return 1
    if asked.json:
        # Escaped, so that no text of a record is anything else to a terminal.
        print(json.dumps(summary(proven, asked.checkpoint), indent=2))
    else:
        print("\n".join(report(proven, genesis, asked.checkpoint)))
    return 0


if __name__ == "__main__":
    # Names may hold any character; a terminal that lacks one shows a mark in its place.
    sys.stdout.reconfigure(errors="replace")
    sys.exit(main())
