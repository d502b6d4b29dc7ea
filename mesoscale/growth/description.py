"""What a growth says of itself: its document, its fields, its balances."""

from pathlib import Path

import numpy as np

from selflimit.arrays import FloatArray
from selflimit.documents import FrontShape, GrowthDoc
from selflimit.mesoscale.equations.state import State
from selflimit.mesoscale.equations.time_step import CoupledEquations
from selflimit.mesoscale.field_files import save_fields
from selflimit.mesoscale.grid import Grid
from selflimit.mesoscale.growth import cell
from selflimit.mesoscale.growth.flow_description import describe_flow, flow_fields
from selflimit.mesoscale.growth.growth_run import GrowthRun, Output, stacked
from selflimit.mesoscale.growth.readings import contact_history, half_cycles
from selflimit.mesoscale.growth.shape import describe_shapes
from selflimit.mesoscale.parameters import InterfaceParameters
from selflimit.units import FARADAY, MPA


def describe_growth(equations: CoupledEquations, run: GrowthRun, folder: Path) -> GrowthDoc:
    """The document of a run; its fields go into a file.

    Parameters
    ----------
    equations
        What was solved.
    run
        The run at its end.
    folder
        Where the fields go, as 'growth-<microstructure>.npz'.
    """
    structure, p, states, effort = equations.microstructure, equations.parameters, run.outputs, run.effort
    grid, area = structure.grid, [structure.grid.integrate(state.xi) for state in states]
    arrays = (
        stacked(states)
        | flow_fields(equations, states)
        | {"coarse": (structure.coarse, "1"), "electrolyte": (structure.electrolyte, "1")}
    )
    return GrowthDoc(
        microstructure=structure.describe(),
        grid_shape=grid.shape,
        spacing=grid.spacing,
        spacing_over_width=grid.spacing / p.interface_width,
        parameters=p.rows(),
        front=_shape(equations),
        times=[state.time for state in states],
        tip_height=[tip_height(grid.spacing, state.xi) for state in states],
        deposited=[p.metal_site_density * (a - area[0]) for a in area],
        peak_compression=[float(-state.pressure.min()) / MPA for state in states],
        interface_compression=[front_compression(grid, state) / MPA for state in states],
        lithium_balance_error=max(lithium_error(p, grid, state) for state in states),
        charge_balance_error=max(charge_error(p, grid, state) for state in states),
        overshoot=states[-1].overshoot,
        steps=effort.steps,
        rejected_steps=effort.rejected,
        sweeps=effort.sweeps,
        newton_iterations=effort.newton,
        multigrid_iterations=effort.multigrid,
        notes=list(run.notes),
        cell=cell.cell_history(run),
        shape=describe_shapes(grid, [state.xi for state in states], p.interface_width),
        contacts=contact_history(run, p),
        half_cycles=half_cycles(run, p) if run.leg.done else [],
        flow=describe_flow(equations, run),
        fields=save_fields(folder, f"growth-{structure.name}.npz", arrays),
    )


def _shape(equations: CoupledEquations) -> FrontShape:
    found = equations.tension
    return FrontShape(
        model=equations.numerics.front,
        width=found.width,
        mobility=found.mobility,
        capillarity=found.capillarity,
        physical_capillarity=found.physical,
        fastest_wavelength=found.wavelength if np.isfinite(found.wavelength) else None,
        statement=found.statement(),
    )


def lithium_error(p: InterfaceParameters, grid: Grid, state: State | Output) -> float:
    """Imbalance of the lithium inventory relative to the lithium that is metal; 0 where c is frozen.

    Parameters
    ----------
    p, grid
        Parameters and grid.
    state
        After a step.
    """
    ratio = p.metal_site_density / p.bulk_concentration
    return abs(state.lithium_imbalance) / (ratio * grid.integrate(state.xi))


def charge_error(p: InterfaceParameters, grid: Grid, state: State | Output) -> float:
    """Imbalance of the charge relative to the charge of the lithium that is metal.

    Parameters
    ----------
    p, grid, state
        As in :func:`lithium_error`.
    """
    metal = p.charge_number * FARADAY * p.metal_site_density * grid.integrate(state.xi)
    return abs(state.charge_imbalance) / metal


def tip_height(spacing: float, xi: FloatArray) -> float:
    """Highest point of the contour xi = 1/2 (m), by linear interpolation along the columns; 0 without lithium."""
    below, above = xi[..., :-1], xi[..., 1:]
    crossed = np.nonzero((below >= 0.5) & (above < 0.5))
    if crossed[0].size == 0:
        return 0.0
    low, high = below[crossed], above[crossed]
    return float(spacing * np.max(crossed[-1] + (low - 0.5) / (low - high)))


def front_compression(grid: Grid, state: State | Output) -> float:
    """Mean of -P over the front (Pa), weighted with xi (1 - xi); 0 where there is no front."""
    weight = grid.to_cells(np.clip(state.xi * (1.0 - state.xi), 0.0, None))
    total = float(weight.sum())
    return float(-(weight * state.pressure).sum()) / total if total > 0.0 else 0.0
