"""When the options of each verb apply: its ways of being used, and options that need others."""

from collections.abc import Iterable

from selflimit.cli.modes.modes import Condition, Mode, has_other_value, has_value, is_given, names_of
from selflimit.cli.options import chain, checks, diagrams, presets, verdicts

RELAXED = (
    Condition(frozenset({"charges", "occupied"}), checks.is_parent_a_file, "with a file as --parent"),
    Condition(frozenset({"max_deviation"}), has_value("nearest", True), "with --nearest"),
    Condition(frozenset({"window", "most_screened"}), has_other_value("screen", ""), "with --screen"),
    Condition(frozenset({"screen", "wall_time"}), has_value("force_field", "VASP"), "with --force-field VASP"),
    Condition(frozenset({"max_force"}), has_other_value("force_field", "VASP"), "with a force field"),
)
"""When options of the crystal and of its relaxation apply."""

FILLED = (names_of(chain.add_printing, chain.add_crystal) - {"keep", "working_ion", "anneal"}) | {"n_cells", "up_to"}
"""Options of every mode that only lays out orderings."""
ORDERINGS = (
    Mode(
        "with --count", "counting:count_asked_for", is_given("count"), FILLED | {"count", "skip_superperiodic"}
    ),
    Mode(
        "with --write", "orderings:orderings_only", is_given("write"), FILLED | {"write", "skip_superperiodic", "most"}
    ),
    Mode(
        "with --sample", "orderings:orderings_only", is_given("sample"),
        FILLED | {"sample", "sample_seed", "weights", "cifs"},
    ),
    Mode(
        "with --no-relax", "orderings:orderings_only", is_given("no_relax"),
        FILLED | {"no_relax", "keep", "anneal", "most", "cifs", "folder"},
    ),
    Mode(
        "with --learn", "orderings:learn", is_given("learn"),
        (FILLED | {"learn", "sample_seed", "cifs", "force_field", "max_force"}) - {"n_cells", "up_to"},
    ),
    Mode(
        "with relaxation", "run:relax_orderings",
        idle=frozenset({"n_cells", "up_to", "skip_superperiodic", "sample_seed", "weights", "most"}),
    ),
)  # fmt: skip

BY_FORMULA = names_of(diagrams.add_diagram_options)
"""Options of diagrams of entries."""
DIAGRAMS = (
    Mode(
        "with formulas (FORMULA or --formula)", "diagram:show_diagrams_of_formulas", is_given("formulas", "formula"),
        BY_FORMULA
        | names_of(chain.add_diagram_settings)
        | {"working_ion", "json", "store", "force_field", "max_force", "entries", "folder"},
        check=checks.check_formulas,
    ),
    Mode("without formulas, of relaxed crystals", "run:show_diagram", idle=BY_FORMULA),
)  # fmt: skip
OF_COMPETITORS = (
    Condition(frozenset({"source"}), has_value("entries", ""), "without --entries"),
    Condition(frozenset({"source", "entries", "level"}), has_value("crystals", None), "without --crystals"),
    Condition(frozenset({"force_field", "max_force"}), checks.is_relaxing, "with --crystals, or without formulas"),
)
"""When options of what competes apply."""
OF_ENTRIES = (
    *OF_COMPETITORS,
    Condition(frozenset({"energy_error", "seed"}), has_other_value("samples", 0), "with --samples above 0"),
)
"""When options of diagrams of entries apply."""

OF_PRESETS = names_of(presets.add_preset_options)
INTERFACES = (
    Mode("with --preset list", "preset:run_preset", has_value("preset", "list"), frozenset({"preset"})),
    Mode(
        "with --preset NAME", "preset:run_preset", is_given("preset"),
        OF_PRESETS | {"grid_cells", "seed", "duration", "front", "folder", "store", "json"},
    ),
    Mode("without --preset", "run:grow_interface", idle=OF_PRESETS),
)  # fmt: skip


OF_GROWTH = names_of(verdicts.add_conditions, verdicts.add_layer)
VERDICTS = (
    Mode(
        "with --growth", "verdict:judge_layer", is_given("growth"), OF_GROWTH | {"growth", "json"},
        check=checks.check_grid,
    ),
    Mode(
        "without --growth", "verdict:judge_arrested", idle=OF_GROWTH - {"parameters", "seed", "out"},
        check=checks.check_electrolyte,
    ),
)  # fmt: skip


OF_GROWN_MAPS = names_of(verdicts.add_growth_designs, verdicts.add_conditions)
MAPS = (
    Mode("with --front arrest", "verdict:judge_channel_designs", has_value("front", "arrest"), idle=OF_GROWN_MAPS),
    Mode(
        "with another --front", "verdict:judge_designs", idle=names_of(verdicts.add_channel_designs),
        check=checks.check_grid,
    ),
)  # fmt: skip


def modes_of_flow(name: str, *own: str, of_submitted: Iterable[str] = (), needs_run: bool = True) -> tuple[Mode, ...]:
    """Modes of the verbs about a run folder or a submitted flow.

    Parameters
    ----------
    name
        The verb.
    *own
        Its options that apply to both.
    of_submitted
        Its options that apply to submitted flows only, beside the project.
    needs_run
        Whether it needs to know which; otherwise it can be about all flows of a project.
    """
    function, both = f"manager:{name}", frozenset({"run", "folder", "json", *own})
    all_flows = Mode("for all flows of a project", function, has_value("run", None), frozenset({"project", "json"}))
    return (
        *(() if needs_run else (all_flows,)),
        Mode("for a run folder", function, checks.is_about_a_folder, both | {"store"}, check=checks.check_drawing),
        Mode("for a submitted flow", function, only=both | {"project", *of_submitted}, check=checks.check_drawing),
    )
