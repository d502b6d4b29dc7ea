"""Which Makers relax and strain crystals, by the name of the force field: one choice for all stages of a run."""

from dataclasses import dataclass

from selflimit.run_settings import RunConfiguration
from selflimit.workflows.makers.flow_parts import RelaxMaker
from selflimit.workflows.makers.relaxation import ForceFieldElasticMaker, ForceFieldRelaxMaker, StagedRelaxMaker
from selflimit.workflows.makers.screening import ScreenedRelaxMaker


@dataclass(frozen=True)
class Calculators:
    """What relaxes crystals and computes elastic constants in one run: all of one level of theory."""

    phases: RelaxMaker
    """Relaxes competing phases and particles."""
    orderings: RelaxMaker
    """Relaxes orderings, in stages or after a screening."""
    elastic: ForceFieldElasticMaker
    """Strains relaxed crystals; by a force field where VASP relaxes."""


def calculators_of(settings: RunConfiguration) -> Calculators:
    """The calculators that a run asks for."""
    if settings.force_field == "VASP":
        return _vasp(settings)
    name, max_force = settings.force_field, settings.max_force
    return Calculators(
        ForceFieldRelaxMaker(force_field=name, max_force=max_force),
        StagedRelaxMaker(force_field=name, max_force=max_force),
        ForceFieldElasticMaker(force_field=name),
    )


def _vasp(settings: RunConfiguration) -> Calculators:
    from selflimit.workflows.makers.vasp import VaspRelaxMaker  # atomate2 takes seconds to import

    relax: RelaxMaker = VaspRelaxMaker(wall_time=settings.wall_time)
    orderings = relax
    if settings.screen:
        screen = StagedRelaxMaker(force_field=settings.screen)
        orderings = ScreenedRelaxMaker(
            relax_maker=relax, screen=screen, window=settings.window, most=settings.most_screened
        )
    return Calculators(relax, orderings, ForceFieldElasticMaker(relax_first=True))
