"""Names as Kubernetes makes them.

Source: k8s.io/apimachinery pkg/util/rand (SafeEncodeString, String) and
pkg/controller (ComputeHash).
"""

from hashlib import blake2b
from math import floor

from sim.cluster.streams import Draw
from sim.scenario.model import PodTemplate

SAFE_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_LETTERS, _MANY = SAFE_ALPHABET, len(SAFE_ALPHABET)
_FNV_OFFSET, _FNV_PRIME = 2166136261, 16777619


def safe_encode(text: str) -> str:
    """Replace every character by one that forms no words."""
    return "".join(SAFE_ALPHABET[ord(c) % len(SAFE_ALPHABET)] for c in text)


def template_hash(template: PodTemplate) -> str:
    """Return the ``pod-template-hash`` of a template: 32-bit FNV-1a of its text.

    The text is ours, not Go's print of the struct, so the hash has the look of a
    real one but not its value; equal templates have equal hashes.
    """
    value = _FNV_OFFSET
    for byte in repr(template).encode():
        value = ((value ^ byte) * _FNV_PRIME) & 0xFFFFFFFF
    return safe_encode(str(value))


def suffix(draw: Draw) -> str:
    """Return five random letters, as behind a generated name."""
    one, of = _LETTERS, _MANY
    return (
        f"{one[floor(draw() * of)]}{one[floor(draw() * of)]}{one[floor(draw() * of)]}"
        f"{one[floor(draw() * of)]}{one[floor(draw() * of)]}"
    )


def uid(full_name: str, number: int) -> str:
    """Return a UID: unique in a run, the same in every run."""
    text = blake2b(f"{full_name}\0{number}".encode(), digest_size=16).hexdigest()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
