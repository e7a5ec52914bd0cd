"""Short random ids for the outside; the bigint key stays inside."""

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: nothing that is misread on paper
LENGTH = 10  # 50 bits: a billion records of one kind collide with a probability of 4e-4, and the constraint catches it


def new_public_id() -> str:
    """A random id of ten characters, safe in a URL, on paper and on the telephone."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
