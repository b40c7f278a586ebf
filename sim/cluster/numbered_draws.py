"""Draws by number: chance that does not depend on who asks first.

A stream gives its numbers in the order in which they are asked for. Where things that
do not touch each other may be played in any order, the draw of each is a function of
a key and a number instead: SplitMix64, whose state is the key and a count.

Source: Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators, 2014
(the output function is variant 13 of David Stafford's mixers).
"""

GOLDEN_GAMMA = 0x9E3779B97F4A7C15
FIRST_FACTOR = 0xBF58476D1CE4E5B9
SECOND_FACTOR = 0x94D049BB133111EB
MASK = 2**64 - 1
STEP = 2.0**-53  # between two draws


def numbered_draw(key: int, number: int) -> float:
    """Return the draw of this number, uniform in [0, 1); ``key`` has 64 bits."""
    bits = (key + number * GOLDEN_GAMMA) & MASK
    bits = ((bits ^ (bits >> 30)) * FIRST_FACTOR) & MASK
    bits = ((bits ^ (bits >> 27)) * SECOND_FACTOR) & MASK
    return ((bits ^ (bits >> 31)) >> 11) * STEP
