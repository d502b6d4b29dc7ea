"""Shape of growing lithium against time."""

import numpy as np
from matplotlib.figure import Figure

from selflimit.documents import GrowthDoc
from selflimit.units import MICROMETRE


def plot_shape(doc: GrowthDoc, figure: Figure) -> None:
    """Draw tips and trunks, solidity, perimeter and height of the lithium against time into an empty figure.

    Parameters
    ----------
    doc
        A growth in a plane.
    figure
        The figure; it gets four axes that share their times.
    """
    shape, times = doc.shape, np.array(doc.times)
    (counts, solid), (long, high) = figure.subplots(2, 2, sharex=True)
    counts.step(times, shape.tips, where="post", color="k", label="tips")
    counts.step(times, shape.trunks, where="post", color="0.6", linestyle="--", label="trunks")
    counts.set(ylabel="number", ylim=(0.0, None))
    counts.legend(frameon=False)
    solid.plot(times, [np.nan if value is None else value for value in shape.solidity], "k.-")
    solid.set(ylabel="solidity, area over convex hull", ylim=(0.0, 1.02))
    long.plot(times, np.array(shape.perimeter) / MICROMETRE, "k.-")
    long.set(xlabel="time (s)", ylabel="perimeter (µm)", ylim=(0.0, None))
    high.plot(times, np.array(doc.tip_height) / MICROMETRE, "k.-")
    high.set(xlabel="time (s)", ylabel="highest lithium (µm)", ylim=(0.0, None))
    figure.suptitle(f"Lithium in {doc.microstructure}", fontsize="medium")
