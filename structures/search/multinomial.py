"""How many ways a pool of sites can be filled."""

import math
from collections.abc import Sequence


def multinomial(counts: Sequence[int]) -> int:
    """Ways to put species s on ``counts[s]`` sites each.

    >>> multinomial([2, 1, 1])
    12
    """
    return math.factorial(sum(counts)) // math.prod(math.factorial(count) for count in counts)
