"""What a verifier needs of a network's genesis: the name of the chain, and who decides its first blocks."""

import json
import re
from dataclasses import dataclass, field

from .basics import tagged

# What genesis itself is checked for by every node.
_CHAIN_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?\Z")
MAX_VALIDATORS = 100
MAX_POWER = 10**9


class BadGenesis(Exception):
    """The file is no genesis. That is the fault of whoever asks, and says nothing of the proof."""


@dataclass(frozen=True)
class Genesis:
    chain_id: str
    # A `ValidatorSet`.
    validators: dict
    # Decimal places by currency; only for printing amounts.
    exponents: dict = field(default_factory=dict)


def address(public_key):
    """A validator's address."""
    return tagged("counterfoil/address/v1", public_key)


def read_genesis(text):
    """Reads genesis.json."""
    try:
        file = json.loads(text)
        chain_id = file["chain_id"]
        validators = [_validator(validator) for validator in file["validators"]]
        exponents = {currency["code"]: int(currency["exponent"]) for currency in file.get("currencies", [])}
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise BadGenesis("the genesis is not JSON with chain_id, validators and currencies") from None
    if not isinstance(chain_id, str) or not _CHAIN_ID.match(chain_id):
        raise BadGenesis("the genesis' chain_id is no name of a chain")
    # Nodes sort them so before they take the hash, however the file has them.
    validators.sort(key=lambda validator: address(validator["public_key"]))
    keys = {validator["public_key"] for validator in validators}
    if not 1 <= len(validators) <= MAX_VALIDATORS or len(keys) < len(validators):
        raise BadGenesis("the genesis has not 1 to 100 validators, each with a key of its own")
    return Genesis(chain_id, {"validators": validators}, exponents)


def _validator(validator):
    key, power, organization = bytes.fromhex(validator["public_key"]), validator["power"], validator["organization"]
    if len(key) != 32 or not isinstance(organization, str) or type(power) is not int or not 1 <= power <= MAX_POWER:
        raise ValueError
    return {"organization": organization, "public_key": key, "power": power}
