"""A made decomposition of Li2ZrCl6 by lithium, of round numbers."""

from selflimit.documents import DecompositionDoc, LevelOfTheory, PhaseAmount


def lithium_decomposition(**changes):
    """6 LiCl + Zr at 0 V: 200 Angstrom^3 and -6 eV per formula unit; ``changes`` replaces fields."""
    energy = changes.get("reaction_energy", -6.0)
    volume = changes.get("decomposition_volume", 27.0)
    fields = {
        "formula": "Li2ZrCl6",
        "working_ion": "Li",
        "functional": "linear",
        "electrolyte_volume": 200.0,
        "voltage": 0.0,
        "k_eff": 0.0,
        "level_of_theory": LevelOfTheory(method="DFT", model="made"),
        "products": [
            PhaseAmount(formula="LiCl", entry_id="a", amount=6.0, volume=34.0),
            PhaseAmount(formula="Zr", entry_id="b", amount=1.0, volume=23.0),
        ],
        "ion_uptake": 4.0,
        "reaction": "Li2ZrCl6 + 4 Li -> 6 LiCl + Zr",
        "decomposition_volume": volume,
        "reaction_strain": volume / 200.0,
        "reaction_energy": energy,
        "reaction_energy_per_atom": energy / 9.0,
        "grand_potential": 0.0,
        "grand_potential_per_atom": 0.0,
    }
    return DecompositionDoc(**(fields | changes))
