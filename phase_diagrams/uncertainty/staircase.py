"""Boundaries and thresholds of a diagram by the formulas of the products, with or without an entry of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from pymatgen.core import Composition

from selflimit.documents import PhaseAmount
from selflimit.errors import InputError
from selflimit.phase_diagrams.checks import require_quantities
from selflimit.phase_diagrams.diagram import LARGEST_K_EFF, ConstrainedPhaseDiagram
from selflimit.phase_diagrams.functionals.constriction import constrict_electrolyte, find_window
from selflimit.phase_diagrams.functionals.linear import vary_k_eff, vary_voltage
from selflimit.phase_diagrams.linear_programme import Assemblage, Candidates
from selflimit.phase_diagrams.phases import Phase, atoms_by_symbol, parse_formula
from selflimit.phase_diagrams.reaction import SMALLEST_UPTAKE, product_amounts
from selflimit.phase_diagrams.stretches import Stretch

Names = tuple[str, ...]


@dataclass(frozen=True)
class StaircaseStep:
    """One assemblage and the range of the voltage (V), or of K_eff (GPa), in which it is the ground state."""

    low: float
    high: float
    products: tuple[PhaseAmount, ...]
    expelled: tuple[PhaseAmount, ...] = ()
    """Metal of the ions that the products lack, where its volume counts."""

    @property
    def counted(self) -> tuple[PhaseAmount, ...]:
        """All whose volume counts."""
        return self.products + self.expelled

    @property
    def names(self) -> Names:
        """Formulas of the products, in alphabetical order; polymorphs count once."""
        return _names(self.products)


@dataclass(frozen=True)
class Boundary:
    """A critical voltage at which the formulas of the products change."""

    voltage: float
    below: StaircaseStep
    above: StaircaseStep
    working_ion: str

    @property
    def names(self) -> tuple[Names, Names]:
        """Products below and above."""
        return self.below.names, self.above.names


@dataclass(frozen=True)
class Staircase:
    """All assemblages over a voltage range, lowest first."""

    steps: tuple[StaircaseStep, ...]
    working_ion: str
    has_entry: bool

    @property
    def boundaries(self) -> list[Boundary]:
        """Changes of the products' formulas; a change of polymorph alone is none."""
        found = pairwise(self.steps)
        return [Boundary(b.low, a, b, self.working_ion) for a, b in found if a.names != b.names]

    def products_at(self, voltage: float) -> Names:
        """Formulas of the products at one voltage (V); at a boundary those above it."""
        return [step for step in self.steps if step.low <= voltage][-1].names


@dataclass(frozen=True)
class Threshold:
    """K* (GPa) at which the products at one voltage first change their formulas."""

    k_eff: float | None
    """None: no change up to ``largest``."""
    largest: float
    lower: StaircaseStep
    upper: StaircaseStep | None

    @property
    def products(self) -> tuple[PhaseAmount, ...]:
        """All phases that take part in the change."""
        return self.lower.counted + (self.upper.counted if self.upper else ())

    @property
    def below(self) -> Names:
        """Products below K*."""
        return self.lower.names

    @property
    def above(self) -> Names:
        """Products above K*; empty: no change."""
        return self.upper.names if self.upper else ()


def has_entry(diagram: ConstrainedPhaseDiagram, composition: Composition | str) -> bool:
    """Whether an entry has the composition's own formula."""
    formula = parse_formula(composition).reduced_formula
    return any(phase.formula == formula for phase in diagram.phases)


def trace_staircase(
    diagram: ConstrainedPhaseDiagram, composition: Composition | str, k_eff: float, voltages: tuple[float, float]
) -> Staircase:
    """Follow the assemblages of an electrolyte over a voltage range at one modulus.

    Without an entry of its own the products of its elements, as :meth:`ConstrainedPhaseDiagram.hull_products`. Of an
    inclusion the electrolyte itself where the grain stays whole.

    Parameters
    ----------
    diagram
        The electrolyte's chemical system.
    composition
        The electrolyte, with or without an entry of its own.
    k_eff
        Effective bulk modulus (GPa).
    voltages
        Lowest and highest voltage (V vs the working ion's metal).
    """
    own = has_entry(diagram, composition)
    if not own:
        candidates = _competitors(diagram, composition)
        steps = _hull_steps(diagram, composition, candidates, vary_voltage(candidates, k_eff).stretches(*voltages))
        return Staircase(tuple(steps), diagram.working_ion, own)
    require_quantities(k_eff=k_eff)
    electrolyte, constriction = constrict_electrolyte(diagram.system, diagram.functional, composition, k_eff)
    courses = constriction.segments(*voltages)
    steps = [
        _step(diagram, composition, low.voltage, high.voltage, middle.reaction.products())
        for low, middle, high in courses
    ]
    window = find_window(diagram.functional, constriction, courses) if diagram.functional.is_all_or_nothing else None
    if window:
        steps = _with_whole_grain(steps, window, electrolyte.phase)
    return Staircase(tuple(steps), diagram.working_ion, own)


def _with_whole_grain(steps: list[StaircaseStep], window: tuple[float, float], phase: Phase) -> list[StaircaseStep]:
    """The steps with the electrolyte itself inside its window (V)."""
    low, high = window
    itself = _as_amount(phase)
    below = [replace(s, high=min(s.high, low)) for s in steps if s.low < low]
    above = [replace(s, low=max(s.low, high)) for s in steps if s.high > high]
    return [*below, StaircaseStep(low, high, (itself,)), *above]


def find_threshold(
    diagram: ConstrainedPhaseDiagram,
    composition: Composition | str,
    voltage: float,
    largest: float = LARGEST_K_EFF,
) -> Threshold:
    """Find K* of an electrolyte at one voltage.

    Parameters
    ----------
    diagram, composition
        As :func:`trace_staircase`.
    voltage
        V vs the working ion's metal.
    largest
        Modulus up to which it is looked for (GPa).
    """
    if has_entry(diagram, composition):
        require_quantities(voltage=voltage)
        _, constriction = constrict_electrolyte(diagram.system, diagram.functional, composition, largest)
        steps = [
            _step(diagram, composition, low.k_eff, high.k_eff, middle.reaction.products())
            for low, middle, high in constriction.moduli(voltage, 0.0, largest)
        ]
    else:
        candidates = _competitors(diagram, composition)
        over_k = vary_k_eff(candidates, voltage).stretches(0.0, largest)
        steps = _hull_steps(diagram, composition, candidates, over_k)
    change = next((i for i, step in enumerate(steps) if step.names != steps[0].names), None)
    if change is None:
        return Threshold(None, largest, steps[-1], None)
    return Threshold(steps[change].low, largest, steps[change - 1], steps[change])


def find_products(
    diagram: ConstrainedPhaseDiagram, composition: Composition | str, points: Sequence[tuple[float, float]]
) -> list[Names]:
    """Find the formulas of the products at points, without the boundaries around them.

    Parameters
    ----------
    diagram, composition
        As :func:`trace_staircase`.
    points
        Pairs of voltage (V vs the working ion's metal) and effective bulk modulus (GPa).
    """
    if not has_entry(diagram, composition):
        candidates = _competitors(diagram, composition)
        solved = [vary_voltage(candidates, k_eff).solve(voltage, candidates.references) for voltage, k_eff in points]
        return [_names(product_amounts(candidates, tuple(assemblage.present()))) for assemblage in solved]
    electrolyte, constriction = constrict_electrolyte(diagram.system, diagram.functional, composition, points[0][1])
    found = []
    for voltage, k_eff in points:
        state = diagram.functional.constrict(diagram.system, constriction.candidates, electrolyte, k_eff).at(voltage)
        stays = diagram.functional.is_all_or_nothing and state.energy >= 0
        found.append((electrolyte.formula,) if stays else _names(state.reaction.products()))
    return found


def _names(products: Sequence[PhaseAmount]) -> Names:
    return tuple(sorted({product.formula for product in products}))


def _as_amount(phase: Phase) -> PhaseAmount:
    return PhaseAmount(formula=phase.formula, entry_id=phase.entry_id, amount=1.0, volume=phase.volume)


def _competitors(diagram: ConstrainedPhaseDiagram, composition: Composition | str) -> Candidates:
    """What a composition without entry of its own can form.

    Raises
    ------
    InputError
        A functional that needs V0, so an entry.
    """
    if not diagram.functional.is_linear:
        raise InputError(
            f"products of {composition}, which has no entry, are for the linear functional, this diagram is "
            f"{diagram.functional.name!r}; add an entry of it, of the same level of theory"
        )
    return diagram.system.competitors(composition)


def _hull_steps(
    diagram: ConstrainedPhaseDiagram,
    composition: Composition | str,
    candidates: Candidates,
    stretches: Sequence[Stretch[Assemblage]],
) -> list[StaircaseStep]:
    """Steps of a composition that has no entry of its own."""
    return [
        _step(diagram, composition, s.low, s.high, product_amounts(candidates, tuple(s.state.present())))
        for s in stretches
    ]


def _step(
    diagram: ConstrainedPhaseDiagram,
    composition: Composition | str,
    low: float,
    high: float,
    products: Sequence[PhaseAmount],
) -> StaircaseStep:
    """A step with the metal of the ions that its products lack, where expelled ions have a volume."""
    ion, metal = diagram.working_ion, diagram.system.references[diagram.working_ion]
    held = sum(product.amount * atoms_by_symbol(product.formula).get(ion, 0.0) for product in products)
    lacking = parse_formula(composition)[ion] - held
    if not diagram.system.counts_expelled or lacking < SMALLEST_UPTAKE:
        return StaircaseStep(low, high, tuple(products))
    expelled = PhaseAmount(
        formula=metal.formula, entry_id=metal.entry_id, amount=lacking / metal.atoms, volume=metal.volume
    )
    return StaircaseStep(low, high, tuple(products), (expelled,))
