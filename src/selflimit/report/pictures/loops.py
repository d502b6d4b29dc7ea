"""Figure of the closed loop: the answer of the reaction zone against the modulus that the phase diagram sees."""

from matplotlib.axes import Axes

from selflimit.documents.self_limitation import ClosedLoopDoc, LoopBranch

ANSWER, AGREEMENT = "#0072B2", "0.6"
"""Blue and grey: told apart by colour-blind readers and in grey print."""
WIDER = 1.15
"""The axes reach this much beyond the largest modulus that is marked."""


def plot_loop(doc: ClosedLoopDoc, ax: Axes) -> None:
    """Branches of products with their answer, the line of agreement, and the fixed points on it.

    Filled circles are stable fixed points, open ones are not. Dotted: where the nearest other products begin. The
    quadratic functionals answer continuously: no branches.
    """
    changes = [point.index + point.margin for point in doc.fixed_points if point.margin is not None]
    marked = [*changes, *(branch.answer for branch in doc.branches), *(point.index for point in doc.fixed_points)]
    top = WIDER * max(marked, default=1.0) or 1.0
    for change in changes:
        ax.axvline(change, color=AGREEMENT, linestyle=":", linewidth=1.2)
    ax.plot([0.0, top], [0.0, top], color=AGREEMENT, linestyle="--", linewidth=1.0, label="agreement")
    for branch in doc.branches:
        _branch(branch, top, ax)
    for point in doc.fixed_points:
        fill = ANSWER if point.stable else "white"
        ax.plot(point.index, point.index, "o", color=ANSWER, markerfacecolor=fill, markersize=8, zorder=3)
    ax.set_xlim(0.0, top)
    ax.set_ylim(0.0, top)
    ax.set_xlabel("modulus that the phase diagram sees (GPa)")
    ax.set_ylabel("answer of the zone (GPa)")
    ax.set_title(f"{doc.functional} functional, r = {doc.retained_fraction:.3g}", fontsize="medium")


def _branch(branch: LoopBranch, top: float, ax: Axes) -> None:
    """One assemblage's range and answer, with its products where there is room for them."""
    low, high = branch.low, min(branch.high, top)
    if low >= high:
        return
    ax.plot([low, high], [branch.answer, branch.answer], color=ANSWER, linewidth=2.5)
    if high - low > 0.15 * top:
        products = " + ".join(product.formula for product in branch.products)
        ax.text(0.5 * (low + high), branch.answer + 0.03 * top, products, ha="center", fontsize="small")
