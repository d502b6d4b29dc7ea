"""Static picture of the verdict: bars of what becomes of the samples, in the colours of the interactive one."""

from matplotlib.axes import Axes

from selflimit.documents.arrest import ArrestDoc
from selflimit.phase_diagrams.pictures.profiles import hatch_of
from selflimit.report.interactive.verdicts import FATES, WIDE_ENOUGH, row_names


def plot_outcome_bars(doc: ArrestDoc, ax: Axes) -> None:
    """Draw one bar for each current and each case of the products; its pieces are shares of the samples."""
    branches = [branch for one in doc.currents for branch in one.branches]
    for height, branch in enumerate(branches):
        left = 0.0
        for fate, style in FATES.items():
            share = branch.probabilities.get(fate, 0.0)
            ax.barh(height, share, left=left, color=style.colour, hatch=hatch_of(style), edgecolor=style.ink)
            if share > WIDE_ENOUGH:
                box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.88, "pad": 1.2}
                ax.text(left + share / 2, height, fate, ha="center", va="center", fontsize=9, bbox=box)
            left += share
    ax.set_yticks(range(len(branches)), row_names(doc))
    ax.invert_yaxis()
    ax.set_xlim(0.0, 1.0)
    ax.set_xlabel("Share of the samples")
    ax.set_ylabel("mA/cm², products")
