"""Fixed points of a map of constriction into itself, exact where it is piecewise constant.

Between critical moduli the answer F(K) is constant. Its fixed points K = F(K) are an assemblage whose own answer lies
in its range, or, where the answers of two neighbours lie on either side of their critical modulus, both together in the
shares whose mixture answers with just that modulus. With the latter F is a set-valued map of an interval into itself
and has at least one fixed point (Kakutani 1941, doi:10.1215/S0012-7094-41-00838-4).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.optimize import brentq

from selflimit.errors import InputError

SCANNED = 24
"""Moduli at which the continuous answer of a quadratic functional is looked at for changes of sign."""
FIXED_POINT_TOLERANCE = 1e-6
"""Shares and moduli (GPa) of fixed points are found to this."""


@dataclass(frozen=True)
class Piece:
    """A range of the index (GPa) in which the answer (GPa) is constant."""

    low: float
    high: float
    answer: float


@dataclass(frozen=True)
class Crossing:
    """A fixed point of the piecewise constant answer.

    Attributes
    ----------
    index
        Where it is (GPa).
    piece
        Number of its piece; of the lower one, if two coexist.
    share_upper
        Share of the upper piece; None: one piece alone.
    stable
        Whether a small disturbance dies out.
    margin
        Distance (GPa) to the nearest other piece, infinite without one; of a coexistence, to the nearer pure answer.
    """

    index: float
    piece: int
    share_upper: float | None
    stable: bool
    margin: float


def fixed_points(pieces: Sequence[Piece], mixed: Callable[[int, float], float]) -> list[Crossing]:
    """All fixed points of a piecewise constant answer, lowest first.

    Parameters
    ----------
    pieces
        Pieces in ascending order that follow each other without gap.
    mixed
        ``mixed(i, s)``: answer (GPa) of a zone that reacts to the share s like piece i + 1 and else like piece i;
        continuous, with the pieces' own answers at 0 and 1.

    Raises
    ------
    InputError
        If the pieces leave a gap.
    """
    if any(a.high != b.low for a, b in pairwise(pieces)):
        raise InputError(f"expected ranges of K_eff that follow each other, got {pieces}")
    last = len(pieces) - 1
    alone = [_alone(i, p, i == last) for i, p in enumerate(pieces) if p.low <= p.answer <= p.high]
    together = [
        _together(i, a, b, mixed)
        for i, (a, b) in enumerate(pairwise(pieces))
        if (a.answer - a.high) * (b.answer - a.high) < 0.0
    ]
    return sorted([*alone, *together], key=lambda crossing: crossing.index)


def _alone(number: int, piece: Piece, is_last: bool) -> Crossing:
    """The answer is constant around it, so a disturbance within the piece is gone after one round."""
    below = piece.answer - piece.low if number else np.inf
    margin = min(below, np.inf if is_last else piece.high - piece.answer)
    return Crossing(piece.answer, number, None, True, margin)


def _together(number: int, lower: Piece, upper: Piece, mixed: Callable[[int, float], float]) -> Crossing:
    """Stable if more of the upper assemblage lowers the answer: the lower one is then called back."""
    critical = lower.high
    share = float(brentq(lambda s: mixed(number, s) - critical, 0.0, 1.0, xtol=FIXED_POINT_TOLERANCE))
    margin = min(abs(lower.answer - critical), abs(upper.answer - critical))
    return Crossing(critical, number, share, lower.answer > critical, margin)


def continuous_fixed_points(answer: Callable[[float], float], top: float, scanned: int = SCANNED) -> list[float]:
    """Find the fixed points (GPa) of a continuous answer; pairs closer than the scan may be missed.

    Parameters
    ----------
    answer
        Index (GPa) at which a zone is made -> index (GPa) with which it answers.
    top
        Fixed points are sought from 0 to this (GPa).
    scanned
        Number of moduli at which changes of sign are looked for.
    """
    at = np.linspace(0.0, top, scanned)
    excess = [answer(k) - k for k in at]
    return [
        float(brentq(lambda k: answer(k) - k, low, high, xtol=FIXED_POINT_TOLERANCE))
        for (low, above), (high, below) in pairwise(zip(at, excess, strict=True))
        # one that a scanned modulus hits changes no sign; the interval that begins there counts it
        if above * below < 0.0 or above == 0.0
    ]
