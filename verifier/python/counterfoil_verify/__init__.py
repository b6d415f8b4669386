"""Checks proof files of a Counterfoil ledger (docs/verify.md), without a node, a key or a network."""

from .basics import NotProven
from .genesis import BadGenesis, Genesis, read_genesis
from .headers import Checkpoint
from .proof import prove, summary, verify

__all__ = ["BadGenesis", "Checkpoint", "Genesis", "NotProven", "prove", "read_genesis", "summary", "verify"]
