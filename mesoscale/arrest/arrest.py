"""The verdict at C = 1: which outcome, how probable over what is not known, by what margin, decided by what."""

from collections.abc import Mapping, Sequence

import numpy as np
from pydantic import Field
from scipy.optimize import brentq

from selflimit.arrays import FloatArray
from selflimit.documents import DecompositionDoc, MakerSetting
from selflimit.documents.arrest import (
    HARMLESS,
    SELF_LIMITING,
    ArrestDoc,
    BranchVerdict,
    CentralState,
    CurrentVerdict,
    Fate,
    Products,
    Spread,
    UncertainQuantity,
)
from selflimit.errors import InputError
from selflimit.mesoscale.arrest.creep import LITHIUM_CREEP, plug_pressure
from selflimit.mesoscale.arrest.drawn_channels import fill_drawn, judge_drawn
from selflimit.mesoscale.arrest.filling import Filling
from selflimit.mesoscale.arrest.kinetics import LITHIUM_CHARGE_VOLUME, charge_transfer_overpotential
from selflimit.mesoscale.arrest.known_ranges import ELECTRONIC_CONDUCTIVITY, KNOWN_RANGES, LEFT_OUT
from selflimit.mesoscale.arrest.outcomes import Conditions, Judged, judge_samples, wall_stress
from selflimit.mesoscale.arrest.sampling import Ranges, draw_samples, influences_of
from selflimit.mesoscale.arrest.stall import extrusion_number
from selflimit.mesoscale.bridge import ReactionPerCharge, reaction_per_charge
from selflimit.mesoscale.parameters import InterfaceParameters
from selflimit.units import GPA, MILLIAMPERE_HOUR_PER_CM2, MILLIAMPERE_PER_CM2, MPA

PUBLISHED_CURRENTS = (0.2, 0.5, 20.0)
"""Current densities of the published cells (mA/cm^2)."""
HOUR = 3600.0
"""One hour in s."""
INERT = ReactionPerCharge(voltage=0.0, consumed_volume=0.0, swelling=0.0)
"""An electrolyte that lithium leaves alone."""
NO_REACTION = "products: at the voltage of its decomposition the electrolyte takes up no lithium"
"""Said where there is no reaction."""


class ArrestSettings(MakerSetting):
    """What is asked of a layer, and how its verdict is sampled."""

    currents: tuple[float, ...] = Field(PUBLISHED_CURRENTS, min_length=1, description="Current densities (mA/cm^2)")
    given: dict[str, tuple[float, ...]] = Field(
        default_factory=dict,
        description="Quantity of KNOWN_RANGES, or 'electronic_conductivity' -> one value, or the ends of a range (SI)",
    )
    test_time: float = Field(
        200.0 * HOUR, gt=0, description="How long the cell is cycled (s); the published ones ran 200 h"
    )
    foil: float = Field(100e-6, ge=0, description="Lithium foil on each side (m); the published ones are about 100 um")
    samples: int = Field(4096, ge=2, description="Points of the Sobol sequence, a power of two")
    index_samples: int = Field(1024, ge=2, description="Base samples of the Sobol indices, a power of two")
    seed: int = Field(1, ge=0, description="Seed")
    seeds: int = Field(10, ge=0, description="Resolved layers with drawn channels that the verdict is compared with")


def judge_arrest(
    decomposition: DecompositionDoc, parameters: InterfaceParameters, settings: ArrestSettings | None = None
) -> ArrestDoc:
    """Judge whether a layer limits its lithium at each current, whether its products conduct electrons or not.

    An electrolyte that takes up no lithium has no product: only stress and cracks count.

    Parameters
    ----------
    decomposition
        Reaction of the electrolyte with lithium: energy, volumes and lithium per formula unit.
    parameters
        Elastic constants of the electrolyte, and the temperature; nothing else of them is used.
    settings
        Currents, and what is known better than the table says; None: the published cells.

    Raises
    ------
    InputError
        An unknown quantity, or a range that is none.
    """
    s = settings or ArrestSettings()
    both: tuple[Products, Products] = ("insulate", "conduct")
    branches = {products: ranges_with(s.given, products) for products in both}
    reacts = decomposition.ion_uptake > 0.0
    reaction = reaction_per_charge(decomposition) if reacts else INERT
    verdicts, limits, arrivals = [], np.empty(0), np.empty(0)
    for current in s.currents:
        at = Conditions(
            current=current * MILLIAMPERE_PER_CM2,
            reaction=reaction,
            modulus=parameters.electrolyte_modulus,
            poisson_ratio=parameters.electrolyte_poisson,
            test_time=s.test_time,
            foil=s.foil,
            temperature=parameters.temperature,
        )
        judged = {name: judge_samples(draw_samples(ranges, s.samples, s.seed), at) for name, ranges in branches.items()}
        limits = judged["insulate"].critical_current / MILLIAMPERE_PER_CM2
        arrivals = judged["insulate"].arrival / MILLIAMPERE_HOUR_PER_CM2
        middle = central_sample(branches["insulate"])
        filled = {seed: fill_drawn(seed, middle, at) for seed in range(1, s.seeds + 1)}
        verdicts.append(
            _at_current(
                current,
                central_state(branches["insulate"], at),
                [_branch(name, judged[name], branches[name], at, s, filled) for name in branches],
            )
        )
    insulating, conducting = branches["insulate"], branches["conduct"]
    electronic = [conducting["electronic_conductivity"]] if insulating != conducting else []
    return ArrestDoc(
        formula=decomposition.formula,
        answers="; ".join(f"{v.current:g}: {v.answer} {v.probabilities[v.answer]:.2f}" for v in verdicts),
        decomposition=decomposition,
        reaction_voltage=reaction.voltage,
        currents=verdicts,
        critical_current=spread(limits),
        critical_capacity=spread(arrivals),
        test_time=s.test_time,
        foil=s.foil,
        electrolyte_modulus=parameters.electrolyte_modulus / GPA,
        electrolyte_poisson=parameters.electrolyte_poisson,
        temperature=parameters.temperature,
        ranges=[*insulating.values(), *electronic],
        samples=s.samples,
        seed=s.seed,
        not_covered=[*LEFT_OUT, *([] if reacts else [NO_REACTION])],
    )


def ranges_with(given: Mapping[str, Sequence[float]], products: Products) -> dict[str, UncertainQuantity]:
    """The table of what is known, with what is given instead.

    >>> ranges_with({"slot_width": [1e-6]}, "insulate")["slot_width"].high
    1e-06

    Parameters
    ----------
    given
        Name -> one value, or the two ends of a range (SI).
    products
        Branch of the products.

    Raises
    ------
    InputError
        An unknown name, no or too many values, ends in the wrong order.
    """
    table = {**KNOWN_RANGES, "electronic_conductivity": ELECTRONIC_CONDUCTIVITY[products]}
    if unknown := sorted(set(given) - set(table)):
        raise InputError(f"expected quantities among {', '.join(table)}, got {', '.join(unknown)}")
    return {name: _given(quantity, given[name]) if name in given else quantity for name, quantity in table.items()}


def central_state(ranges: Ranges, at: Conditions) -> CentralState:
    """The numbers of the criterion at the most probable values, products left out.

    Parameters
    ----------
    ranges
        Of all quantities.
    at
        Current, temperature and the like.
    """
    s = central_sample(ranges)
    judged, w = judge_samples(s, at), LITHIUM_CHARGE_VOLUME
    bears = min(float(judged.crack[0]), float(judged.bond[0]))
    transfer = float(charge_transfer_overpotential(at.current, s["exchange_current"][0], at.temperature))
    conductivity, length = s["conductivity"][0], s["layer_thickness"][0]
    plain = wall_stress(s, np.array([w * at.current]), at.temperature)
    return CentralState(
        extrusion_number=judged.extrusion_number[0],
        leak=min(1.0, float(judged.extrusion_number[0] ** -LITHIUM_CREEP.exponent)),
        stall_pressure=judged.stall[0] / MPA,
        charge_transfer_pressure=transfer / w / MPA,
        plug_pressure=plug_pressure(float(plain[0]), length, s["slot_width"][0]) / MPA,
        crack_pressure=judged.crack[0] / MPA,
        bond_pressure=judged.bond[0] / MPA,
        arrival=judged.arrival[0] / MILLIAMPERE_HOUR_PER_CM2,
        plated=judged.plated[0] / MILLIAMPERE_HOUR_PER_CM2,
        slot_width=s["slot_width"][0],
        critical_slot_width=width_that_stalls(s, at),
        critical_thickness=max(0.0, conductivity * (w * bears - transfer) / at.current),
        layer_voltage=at.current * length / conductivity,
    )


def central_sample(ranges: Ranges) -> dict[str, FloatArray]:
    """The most probable value of every quantity, shape ``(1,)``."""
    return {name: np.array([quantity.central]) for name, quantity in ranges.items()}


def width_that_stalls(s: Mapping[str, FloatArray], at: Conditions) -> float:
    """Width (m) of the slot with N_s = 1, size effect included, found between 1 nm and 1 mm.

    Parameters
    ----------
    s
        One sample.
    at
        Current and temperature.
    """

    def log_number(log_width: float) -> float:
        width = np.array([np.exp(log_width)])
        stress = wall_stress({**s, "slot_width": width}, np.array([LITHIUM_CHARGE_VOLUME * at.current]), at.temperature)
        return float(np.log(extrusion_number(stress, s["conductivity"], width, np.array([at.current])))[0])

    return float(np.exp(brentq(log_number, np.log(1e-12), np.log(1.0))))


def spread(values: FloatArray, unit: float = 1.0) -> Spread:
    """5 %, 50 % and 95 % quantiles of values, over a unit."""
    low, median, high = np.quantile(values, (0.05, 0.5, 0.95)) / unit
    return Spread(low=low, median=median, high=high)


def _branch(
    products: Products,
    judged: Judged,
    ranges: Ranges,
    at: Conditions,
    settings: ArrestSettings,
    filled: Mapping[int, tuple[FloatArray, Filling | None]],
) -> BranchVerdict:
    probabilities = {outcome: float(where.mean()) for outcome, where in judged.outcomes.items()}
    harmless = sum(probabilities[outcome] for outcome in HARMLESS)

    def logarithms(s: dict[str, FloatArray]) -> tuple[FloatArray, FloatArray]:
        found = judge_samples(s, at)
        return np.log10(found.margin), np.log10(found.tip + MPA)  # a shrinking film may leave no pressure at all

    return BranchVerdict(
        products=products,
        probabilities=probabilities,
        answer=most_probable(probabilities),
        limits_itself=sum(probabilities[outcome] for outcome in SELF_LIMITING),
        harmless=harmless,
        standard_error=float(np.sqrt(harmless * (1.0 - harmless) / settings.samples)),
        margin=spread(judged.margin),
        arrival=spread(judged.arrival, MILLIAMPERE_HOUR_PER_CM2),
        crack_depth=spread(judged.crack_depth),
        tip_pressure=spread(judged.tip, MPA),
        film=spread(judged.film),
        drawn=[judge_drawn(seed, one, central_sample(ranges), at) for seed, one in filled.items()],
        influences=influences_of(logarithms, ranges, settings.index_samples, settings.seed),
    )


def _at_current(current: float, central: CentralState, branches: list[BranchVerdict]) -> CurrentVerdict:
    mean = {name: float(np.mean([b.probabilities[name] for b in branches])) for name in branches[0].probabilities}
    answer, harmless = most_probable(mean), float(np.mean([branch.harmless for branch in branches]))
    each = ", ".join(f"{branch.harmless:.2f} if the products {branch.products} electrons" for branch in branches)
    return CurrentVerdict(
        current=current,
        answer=answer,
        probabilities=mean,
        limits_itself=float(np.mean([branch.limits_itself for branch in branches])),
        harmless=harmless,
        central=central,
        branches=branches,
        statement=f"{current:g} mA/cm2: {answer.upper()}, probability {mean[answer]:.2f}; the electrolyte stays whole "
        f"with probability {harmless:.2f} ({each}), the cell shorts with {mean['crosses']:.2f}",
    )


def most_probable(probabilities: Mapping[Fate, float]) -> Fate:
    """The outcome of the largest probability; of equal ones the first."""
    return max(probabilities, key=lambda name: probabilities[name])


def _given(quantity: UncertainQuantity, values: Sequence[float]) -> UncertainQuantity:
    """The quantity with another range: one value, or two ends with their middle on its axis as the most probable."""
    if not 1 <= len(values) <= 2 or not values[0] <= values[-1]:
        raise InputError(
            f"{quantity.name}: expected one value or the lower and the upper end of a range in {quantity.unit}, got "
            f"{', '.join(f'{value:g}' for value in values) or 'none'}"
        )
    low, high = values[0], values[-1]
    central = float(np.sqrt(low * high)) if quantity.scale == "logarithmic" else 0.5 * (low + high)
    changed = {"low": low, "central": central if high > low else low, "high": high, "confidence": "given"}
    return quantity.model_copy(update={**changed, "source": "given by the user"})
