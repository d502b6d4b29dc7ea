"""One way to grow lithium in a layer, behind runs, presets, verdicts and design maps."""

from collections.abc import Sequence
from pathlib import Path

from selflimit.documents import GrowthDoc
from selflimit.mesoscale.equations.numerics import Numerics
from selflimit.mesoscale.flow.settings import LithiumFlow
from selflimit.mesoscale.growth.model import GrowthModel
from selflimit.mesoscale.growth.schedule import Schedule
from selflimit.mesoscale.growth.start import Start
from selflimit.mesoscale.layers.microstructure import Microstructure
from selflimit.mesoscale.parameters import InterfaceParameters
from selflimit.mesoscale.solver.nodal_vectors import threads_asked
from selflimit.progress import Progress, silent


def grow_lithium(
    parameters: InterfaceParameters,
    structure: Microstructure,
    duration: float | Schedule,
    outputs: Sequence[float] | int,
    folder: Path,
    progress: Progress = silent,
    numerics: Numerics | None = None,
    start: Start | None = None,
    flow: LithiumFlow | None = None,
) -> GrowthDoc:
    """Grow lithium in a layer, on as many threads as the batch system gives; goes on from a checkpoint in ``folder``.

    Parameters
    ----------
    parameters, structure
        What grows, and the layer on its grid.
    duration
        Model time (s) at the parameters' overpotential, or a schedule of potentials, currents and rests.
    outputs
        Output times (s), or how many equal intervals.
    folder
        Where the fields and the checkpoint go.
    progress
        Listener.
    numerics
        Tolerances; None: the default ones.
    start
        Fields to begin from instead of the layer's own strip with needles.
    flow
        Lithium that flows, and the product at its contact; None: elastic stress.

    Raises
    ------
    InputError, ConvergenceError
        As :meth:`selflimit.mesoscale.growth.model.GrowthModel.run`.
    """
    model = GrowthModel(parameters, structure, numerics or Numerics(), threads=threads_asked(), flow=flow)
    # a job that was killed and is started again finds its checkpoint where it works
    return model.run(duration, outputs, folder, progress, resume=True, start=start)
