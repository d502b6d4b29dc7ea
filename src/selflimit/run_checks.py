"""Which settings of a run do not go together. Each by itself is checked where it is described."""

from typing import TYPE_CHECKING

from selflimit.errors import InputError
from selflimit.setting_fields import read_part

if TYPE_CHECKING:
    from selflimit.run_settings import RunConfiguration


def check_together(run: "RunConfiguration") -> None:
    """Refuse settings that do not go together.

    Raises
    ------
    InputError
        The message names the options.
    """
    low, high = run.voltage_range
    if not low < high:
        raise InputError(f"--voltage-range: expected low < high in V, got {low:g} to {high:g}")
    if not run.cells or not run.k_effs:
        raise InputError("expected at least one --cell and one --k-eff, got none")
    if run.cycles and run.current is None:
        raise InputError(f"expected --cycles only with --current, got {run.cycles:g}; give the current in mA/cm^2")
    if run.current is not None and run.overpotential != type(run).overpotential:
        raise InputError(
            f"expected --current or --overpotential, got both, {run.current:g} mA/cm^2 and "
            f"{run.overpotential:g} V; at a given current the overpotential is found"
        )
    if run.entries and (run.phases != type(run).phases or run.force_field == "VASP"):
        raise InputError(
            f"expected --entries without --phases {run.phases} and --force-field {run.force_field}: the entries "
            "are what competes, and a force field gives only orderings and elastic constants; leave one of them out"
        )
    if run.schedule:
        _check_schedule(run)
    _check_pressure(run)
    if run.screen and run.force_field != "VASP":
        raise InputError(f"expected --screen only with --force-field VASP, got {run.force_field!r}; leave out --screen")


def _check_schedule(run: "RunConfiguration") -> None:
    """Refuse parts that make no sense, and what a schedule says itself."""
    for text in run.schedule:
        read_part(text)
    first = read_part(run.schedule[0])
    held = first.numbers[0] if first.kind == "hold" else type(run).overpotential
    also = {
        "--duration": run.duration != type(run).duration,
        "--current": run.current is not None,
        "--overpotential": run.overpotential not in (type(run).overpotential, held),
    }
    if any(also.values()):
        given = " and ".join(option for option, is_given in also.items() if is_given)
        raise InputError(f"expected --schedule without {given}, got both; the schedule says it")


def _check_pressure(run: "RunConfiguration") -> None:
    """Refuse settings of lithium that flows where it does not, and equations in which it cannot."""
    flowing = {"--stack-pressure": run.stack_pressure != 0.0, "--slot-width": run.slot_width != 1.0}
    if run.mechanics == "elastic" and any(flowing.values()):
        given = " and ".join(option for option, is_given in flowing.items() if is_given)
        raise InputError(f"expected {given} only with --mechanics flow or film, got {run.mechanics!r}")
    if run.mechanics != "elastic" and run.front != "single-ion":
        raise InputError(
            f"expected --mechanics {run.mechanics} only with --front single-ion, got {run.front!r}; the others have no "
            "overpotential of their own at a contact"
        )
