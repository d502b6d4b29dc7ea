"""The schema of a run, written once: every setting with its default, its option, its quantity and its help.

The options of the command line, ``configuration.json`` and the Makers (by their ``of``) are made from it, so a new
setting is one field here and its use in a Maker. Nothing but the standard library is imported: a typo is answered at
once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, Self, cast

from selflimit.errors import InputError
from selflimit.run_checks import check_together
from selflimit.setting_fields import describe_settings, read_charges, read_occupancies, setting, split_labels

PARENTS = ("LZC-A", "LZC-C", "LZC-D", "LZC-E", "LZC-trigonal", "Li3InCl6")
"""Bundled parents, for the help; a test holds them against the crystals that ship."""
WORKING_IONS = ("Li", "Na", "K", "Rb", "Cs", "Ag", "Cu", "Mg", "Ca", "Zn")
"""Elements that a reservoir can hold; where a formula holds several, the first of these is exchanged."""


@dataclass(frozen=True, kw_only=True)
class RunConfiguration:
    """Everything a run depends on; kept as ``configuration.json`` in the run folder.

    Raises
    ------
    InputError
        A value out of range, or settings that do not go together.
    """

    parent: str = setting(
        PARENTS[0],
        "crystal",
        f"disordered crystal: a bundled parent ({', '.join(PARENTS)}; LZC-A to E are models of C2/m Li2ZrCl6: "
        "A and D with Zr on one site and Li over others, C with both over all octahedral holes, E with Zr partly "
        "displaced), a CIF file with occupancies, or a POSCAR with --occupancy",
    )
    parent_sha256: str | None = setting(None, "crystal", "SHA-256 of the file behind the parent", option="")
    pools: tuple[tuple[str, ...], ...] = setting(
        (),
        "crystal",
        "pool: site labels whose ions are shuffled together, so that only their common composition is kept, e.g. "
        "Li1,Li2; repeat for more pools",
        option="--pool",
        takes="repeated",
        convert=split_labels,
        metavar="LABELS",
        shown_default="the bundled parent's; in a file each orbit of disordered sites is a pool of its own",
    )
    charges: Mapping[str, float] = setting(
        {},
        "crystal",
        "files only: formal charge of an element or of an ion of the file in e, e.g. Zr=4 or Fe3+=3; repeat for each",
        option="--charge",
        takes="repeated",
        metavar="SPECIES=E",
        shown_default="those that the file states; guessed where it states none",
    )
    occupied: Mapping[str, Mapping[str, float]] = setting(
        {},
        "crystal",
        "files only: occupancies of a site label, or of all sites of an element, e.g. Li=Li:0.5,Na:1/4, or Li1:1/3 for "
        "what is there anyway; what is missing to 1 is vacancy; repeat for each",
        option="--occupancy",
        takes="repeated",
        metavar="SITE=SPECIES:N",
        shown_default="as in the file",
    )
    symprec: float = setting(
        0.01,
        "crystal",
        "distance within which symmetry is found (Angstrom)",
        convert=float,
        quantity="symprec",
        metavar="A",
    )
    exclude_within: float = setting(
        0.0,
        "crystal",
        "of two disordered sites closer than this at most one holds an ion (Angstrom); 0: filled independently",
        convert=float,
        quantity="exclude_within",
        metavar="A",
    )
    nearest: bool = setting(
        False,
        "crystal",
        "round the occupancies to whole atoms, neutral together, with the least squared change",
        takes="flag",
    )
    max_deviation: float = setting(
        0.1,
        "crystal",
        "with --nearest: largest change of an occupancy",
        convert=float,
        quantity="max_deviation",
        metavar="SHARE",
    )
    working_ion: str = setting(
        "",
        "crystal",
        "element that is exchanged with the reservoir",
        choices=("", *WORKING_IONS),
        metavar="ION",
        shown_default=f"the first of {', '.join(WORKING_IONS)} that the crystal holds",
    )
    cells: tuple[str, ...] = setting(
        ("primitive", "conventional"),
        "crystal",
        "cells to fill: primitive, conventional, or a supercell of the conventional cell such as 2x1x1",
        option="--cell",
        takes="some",
        metavar="CELL",
    )
    keep: int = setting(
        8,
        "crystal",
        "orderings kept per cell, lowest electrostatic energy first",
        convert=int,
        quantity="keep",
        metavar="N",
    )
    anneal: int = setting(
        0,
        "crystal",
        "seed of an annealing whose lowest orderings are taken even without a proof in time; 0: only proven ones",
        convert=int,
        quantity="anneal",
        metavar="SEED",
    )
    force_field: str = setting(
        "CHGNet-r2scan",
        "energies",
        "CHGNet-r2scan, CHGNet-0.3.0, a public MACE model such as MACE-MP-0-small, MACE:<path>, or VASP",
        metavar="NAME",
    )
    screen: str = setting(
        "",
        "energies",
        "with VASP: force field that relaxes all orderings first, e.g. CHGNet-r2scan",
        metavar="NAME",
        shown_default="none",
    )
    window: float = setting(
        0.05,
        "energies",
        "with --screen: height above its hull up to which orderings go on to VASP (eV/atom)",
        convert=float,
        quantity="window",
        metavar="EV",
    )
    most_screened: int = setting(
        20,
        "energies",
        "with --screen: orderings that go on to VASP at most",
        convert=int,
        quantity="most_screened",
        metavar="N",
    )
    wall_time: int = setting(
        0,
        "energies",
        "with VASP: seconds until relaxations are stopped, to be resumed",
        convert=int,
        quantity="wall_time",
        metavar="S",
        shown_default="no limit",
    )
    max_force: float = setting(
        0.005,
        "energies",
        "force tolerance of the relaxations (eV/Angstrom)",
        convert=float,
        quantity="max_force",
        metavar="EV_PER_A",
    )
    phases: Literal["bundled", "mp-api"] = setting(
        "bundled",
        "energies",
        "where the competing crystals come from; mp-api needs MP_API_KEY",
        choices=("bundled", "mp-api"),
    )
    entries: str = setting(
        "",
        "energies",
        "your energies of the electrolyte and what competes: JSON (.gz, .bz2), a vasprun.xml, a folder of them, or "
        "what `selflimit import` wrote",
        metavar="PATH",
        shown_default="none, crystals are relaxed",
    )
    entries_sha256: str | None = setting(None, "energies", "SHA-256 of what stands in the entries", option="")
    k_effs: tuple[float, ...] = setting(
        (0.0, 5.0, 10.0, 15.0),
        "phase diagram",
        "effective bulk moduli K_eff (GPa)",
        option="--k-eff",
        takes="some",
        convert=float,
        quantity="k_eff",
        metavar="GPA",
    )
    voltage_range: tuple[float, float] = setting(
        (0.0, 6.0),
        "phase diagram",
        "voltages (V vs the working ion's metal)",
        takes="two",
        convert=float,
        quantity="voltage_range",
        metavar="V",
    )
    model: str = setting("linear", "phase diagram", "mechanical functional")
    ion_volume: Literal["expelled", "none", "released"] = setting(
        "expelled",
        "phase diagram",
        "which ions exchanged with the reservoir have a volume: those expelled, none, or released less taken up",
        choices=("expelled", "none", "released"),
    )
    gases: Literal["solid", "released"] = setting(
        "solid", "phase diagram", "whether gases stay confined or escape", choices=("solid", "released")
    )
    particle: str = setting(
        "Li3N mp-2251", "interface", "bundled crystal of the particle layer, e.g. 'Li6PS5Cl ordered'", metavar="LABEL"
    )
    duration: float = setting(
        2100.0,
        "interface",
        "model time of the growth (s)",
        convert=float,
        quantity="duration",
        metavar="S",
    )
    overpotential: float = setting(
        -0.1,
        "interface",
        "overpotential at the metal, negative deposits (V)",
        convert=float,
        quantity="overpotential",
        metavar="V",
    )
    current: float | None = setting(
        None,
        "interface",
        "current density instead of the overpotential, which is found; lithium is plated for the duration (mA/cm^2)",
        convert=float,
        quantity="current_density",
        metavar="MA_PER_CM2",
        shown_default="the overpotential is held",
    )
    cycles: int = setting(
        0,
        "interface",
        "with --current: plate and strip in turn, each for the duration, this many times; 0: plate once",
        convert=int,
        quantity="cycles",
        metavar="N",
    )
    schedule: tuple[str, ...] = setting(
        (),
        "interface",
        "what the cell is made to do instead of one overpotential or current: parts hold:V:S, pass:MA_PER_CM2:S, "
        "plate:MA_PER_CM2:MAH_PER_CM2, strip:MA_PER_CM2:MAH_PER_CM2, rest:S",
        takes="some",
        metavar="PART",
        shown_default="the overpotential is held for the duration",
    )
    output_every: float | None = setting(
        None,
        "interface",
        "time between outputs of the growth (s)",
        convert=float,
        quantity="duration",
        metavar="S",
        shown_default="a 35th of the whole; an extended growth keeps its own",
    )
    earlier_outputs: tuple[float, ...] = setting(
        (), "interface", "output times of the growth before it was extended (s)", option=""
    )
    grid_cells: tuple[int, int] = setting(
        (128, 192),
        "interface",
        "grid cells along x and y",
        option="--grid",
        takes="two",
        convert=int,
        quantity="grid_cells",
        metavar="N",
    )
    front: Literal["single-ion", "published", "sharp"] = setting(
        "single-ion",
        "interface",
        "equations of the growth: a solid electrolyte, in which only Li+ moves; the published ones, with salt that is "
        "used up, whose speed and shape depend on the numerical width; or these with a front that moves as a sharp one",
        choices=("single-ion", "published", "sharp"),
    )
    coarse: Literal["closed", "open"] = setting(
        "closed",
        "interface",
        "coarse particles: dense grains that lithium goes round, or open to it where it is driven",
        choices=("closed", "open"),
    )
    mechanics: Literal["elastic", "flow", "film"] = setting(
        "elastic",
        "interface",
        "what presses on lithium: elastic: it expands as published; flow: it creeps where it has no room, before the "
        "second electrolyte; film: the same with the product of that electrolyte, taken to insulate",
        choices=("elastic", "flow", "film"),
    )
    stack_pressure: float = setting(
        0.0,
        "interface",
        "with --mechanics flow or film: pressure on the lithium foil (MPa)",
        convert=float,
        quantity="stack_pressure",
        metavar="MPA",
    )
    slot_width: float = setting(
        1.0,
        "interface",
        "with --mechanics flow or film: width of the slots between particles that lithium creeps through (micrometres)",
        convert=float,
        quantity="slot_width",
        metavar="UM",
    )
    seed: int = setting(1, "interface", "seed of particle packing and noise", convert=int, quantity="seed")
    closed_loop: bool = setting(
        False,
        "interface",
        "also bring products and the constriction by their surroundings into agreement, with errors in MPa",
        takes="flag",
    )

    def __post_init__(self) -> None:
        for name, about in SETTINGS.items():
            about.check(getattr(self, name))
        check_together(self)

    @classmethod
    def of_data(cls, data: Mapping[str, Any], where: str) -> Self:
        """The configuration from the data of a JSON file; ``where`` it was found is for the message.

        Raises
        ------
        InputError
            The data are no configuration of this version.
        """
        known = {one.name for one in fields(cls)}
        if not isinstance(data, Mapping) or (unknown := sorted(set(data) - known)):
            raise InputError(f"{where} is not a configuration of this version (it holds {', '.join(unknown)})")
        try:
            return cls(**{name: _as_tuples(value) for name, value in data.items()})
        except (InputError, TypeError) as fault:
            raise InputError(f"{where} is not a configuration of this version ({fault})") from None

    def data(self) -> dict[str, Any]:
        """The configuration as plain JSON data."""
        return cast(dict[str, Any], _as_lists(asdict(self)))

    def for_ion(self, formula: str, elements: Sequence[str]) -> Self:
        """The same with the working ion named: the one asked for, or the first that the crystal holds.

        Raises
        ------
        InputError
            The crystal holds no such ion.
        """
        held = [ion for ion in WORKING_IONS if ion in elements]
        if not held or (self.working_ion and self.working_ion not in held):
            wanted = self.working_ion or f"one of {', '.join(WORKING_IONS)}"
            raise InputError(f"expected an electrolyte that holds {wanted}, got {formula}; see --working-ion")
        return replace(self, working_ion=self.working_ion or held[0])


SETTINGS = describe_settings(RunConfiguration)
"""Field of :class:`RunConfiguration` -> how it is asked for, in order."""


def settings_given(given: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a configuration from what the command line gives: texts of charges and occupancies read."""
    readers: dict[str, Callable[[Any], Any]] = {"charges": read_charges, "occupied": read_occupancies}
    found = {name: value for name, value in given.items() if name in SETTINGS}
    return {name: readers.get(name, _as_tuples)(value) for name, value in found.items()}


def is_file(parent: str) -> bool:
    """Whether a parent is a file rather than a bundled crystal."""
    return parent not in PARENTS and Path(parent).is_file()


def _as_tuples(value: Any) -> Any:
    return tuple(_as_tuples(one) for one in value) if isinstance(value, list | tuple) else value


def _as_lists(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _as_lists(one) for key, one in value.items()}
    return [_as_lists(one) for one in value] if isinstance(value, list | tuple) else value
