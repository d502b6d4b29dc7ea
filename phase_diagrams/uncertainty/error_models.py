"""Models of the errors of energies and volumes, side by side: a probability is a property of the model that gave it."""

from collections.abc import Sequence
from typing import Literal, get_args

from selflimit.documents import CompetingPhase, CompetingPhasesDoc, EnergyError, LevelOfTheory
from selflimit.phase_diagrams.checks import require_one_of
from selflimit.phase_diagrams.uncertainty.draws import Distributed, ErrorModel, OneSource, experiment_within
from selflimit.phase_diagrams.uncertainty.volume_errors import anchored_spreads, scattered_spreads

VolumeModel = Literal["anchored", "scattered"]
"""Models of the volumes' errors that can be the main one of a sampling."""
WITHIN = (0.01, 0.02, 0.03)
"""Deviations of experimental volumes, each phase for itself, that are tried beside the models."""

REACTION_ERROR = EnergyError(
    standard_deviation=0.024,
    shared_within_metal=0.5,
    source="GGA reaction energies of ternary oxides from binaries against calorimetry: normal, standard deviation "
    "24 meV/atom (Hautier et al., Phys. Rev. B 85, 155208 (2012), doi:10.1103/PhysRevB.85.155208); for chlorides, "
    "sulfides and redox reactions of a metal it is a lower bound. That half of the variance is common to all compounds "
    "of one metal is assumed; the error models try none and all of it",
)
"""Optimistic error of GGA energies."""


def volume_method(level: LevelOfTheory) -> str:
    """Name under which the volumes of a level of theory are calibrated; one that is not keeps its label.

    >>> volume_method(LevelOfTheory(method="DFT", model="PBE (MP GGA)", corrections="MP2020"))
    'PBE'
    """
    word = level.model.split()[0].removesuffix(",")
    return "PBE" if level.method == "DFT" and word == "PBE" and "experimental" not in level.model else level.label


def main_model(competing: CompetingPhasesDoc, energy: EnergyError, volumes: VolumeModel) -> ErrorModel:
    """The error model of a sampling.

    Parameters
    ----------
    competing
        The phases with their volumes by source and the classes of their crystals.
    energy
        Errors of the energies.
    volumes
        'anchored': experiment, else the method less its bias, with an error for each class; 'scattered': the scatter of
        the sources, each phase for itself.

    Raises
    ------
    InputError
        No such model; a phase without volumes.
    """
    require_one_of("volume_model", volumes, get_args(VolumeModel))
    if volumes == "scattered":
        return ErrorModel(energy, Distributed(tuple(scattered_spreads(competing.phases))))
    spreads = anchored_spreads(competing.phases, volume_method(competing.level_of_theory))
    return ErrorModel(energy, Distributed(tuple(spreads)))


def other_models(competing: CompetingPhasesDoc, energy: EnergyError) -> dict[str, tuple[str, ErrorModel]]:
    """Name -> (what is assumed, the model) of the error models beside 'anchored'.

    Parameters
    ----------
    competing, energy
        As :func:`main_model`.
    """
    phases: Sequence[CompetingPhase] = tuple(competing.phases)
    anchored = Distributed(tuple(anchored_spreads(phases, volume_method(competing.level_of_theory))))
    own = Distributed(tuple(anchored_spreads(phases, volume_method(competing.level_of_theory), use_experiment=False)))
    found = {
        "own volumes": ("the method less its bias, one error for each class; no experiment", ErrorModel(energy, own)),
        "scattered": (
            "each phase for itself, by the scatter of its sources",
            ErrorModel(energy, Distributed(tuple(scattered_spreads(phases)))),
        ),
        "one source": ("all volumes of a sample from one source", ErrorModel(energy, OneSource(tuple(phases)))),
        **{
            f"experiment {100 * width:g} %": (
                f"experiment, else the entry's own, each phase for itself within {100 * width:g} %",
                ErrorModel(energy, experiment_within(phases, width)),
            )
            for width in WITHIN
        },
    }
    for share, said in ((0.0, "independent energies"), (1.0, "one energy error per metal")):
        changed = energy.model_copy(update={"shared_within_metal": share})
        found[said] = (f"as anchored, but {said}", ErrorModel(changed, anchored))
    return found
