"""Layers between metal and electrolyte, ranked by what they become: interlayers against dendrites, and coatings."""

from collections.abc import Sequence

from pymatgen.core import Composition

from selflimit.documents import (
    DecompositionDoc,
    InterfaceReactionDoc,
    LayerContact,
    LayerDoc,
    LayerScreenDoc,
    UnscreenedLayer,
)
from selflimit.errors import InputError
from selflimit.phase_diagrams.diagram import LARGEST_K_EFF, ConstrainedPhaseDiagram
from selflimit.phase_diagrams.electrolyte_interfaces import interface_scan
from selflimit.phase_diagrams.phases import parse_formula

RESOLVED = 0.01
"""Reaction energies closer than this (eV/atom) are one: less than their error."""
ORDER = (
    "by the larger of the two reaction energies at the lowest K_eff (steps of 10 meV/atom), then products that conduct "
    "electrons last, then by the larger strain"
)
NO_STRAIN = 1e-9
"""Strains and energies below this are none."""


def screen_layer(
    diagram: ConstrainedPhaseDiagram, electrolyte: str, layer: str, k_effs: Sequence[float], voltage: float
) -> LayerDoc:
    """What a layer becomes against the reservoir and against an electrolyte; linear functional.

    Parameters
    ----------
    diagram
        Competing phases; entries of both formulas among them.
    electrolyte, layer
        Formulas.
    k_effs
        Effective bulk moduli (GPa).
    voltage
        Of the reservoir (V against the working ion's metal).

    Raises
    ------
    InputError
        A formula without entry, twice the same, or a value out of range.
    """
    against_metal = [diagram.products(layer, voltage, k_eff) for k_eff in k_effs]
    against = [interface_scan(diagram, layer, electrolyte, k_eff=k_eff) for k_eff in k_effs]
    metals = sorted({name for doc in against_metal for name in conducting_products(doc)})
    is_whole = all(abs(doc.reaction_energy) < NO_STRAIN for doc in against_metal)
    segments = diagram.constriction_profile(layer, voltage, (0.0, LARGEST_K_EFF)).segments
    formula = parse_formula(layer).reduced_formula
    whole = [part.k_eff_low for part in segments if {product.formula for product in part.products} == {formula}]
    return LayerDoc(
        formula=formula,
        electrolyte=parse_formula(electrolyte).reduced_formula,
        working_ion=diagram.working_ion,
        voltage=voltage,
        contacts=[_contact(metal, other) for metal, other in zip(against_metal, against, strict=True)],
        whole_from=min(whole, default=None),
        electronic="no products" if is_whole else "metallic" if metals else "not known",
        conducting=metals,
        rules=diagram.system.rules,
        level_of_theory=diagram.level_of_theory,
    )


def conducting_products(doc: DecompositionDoc) -> list[str]:
    """Products that are metals: a mixed conductor goes on reacting, an insulator passivates.

    Of compounds the energies say nothing.
    """
    elements = [Composition(product.formula).elements for product in doc.products]
    return [found[0].symbol for found in elements if len(found) == 1 and found[0].is_metal]


def rank_layers(layers: Sequence[LayerDoc], not_screened: Sequence[UnscreenedLayer]) -> LayerScreenDoc:
    """Rank layers, the least reactive first.

    Parameters
    ----------
    layers
        Of one electrolyte, voltage and list of K_eff.
    not_screened
        Layers without an answer.

    Raises
    ------
    InputError
        No layers, or of several electrolytes.
    """
    about = {(layer.electrolyte, layer.working_ion, layer.voltage) for layer in layers}
    if len(about) != 1:
        reasons = "; ".join(f"{layer.formula}: {layer.reason}" for layer in not_screened)
        raise InputError(f"expected layers of one electrolyte and voltage, got {len(about)} ({reasons or 'no layers'})")
    ((electrolyte, ion, voltage),) = about
    return LayerScreenDoc(
        electrolyte=electrolyte,
        working_ion=ion,
        voltage=voltage,
        layers=sorted(layers, key=_reactivity),
        not_screened=list(not_screened),
        order=ORDER,
    )


def _reactivity(layer: LayerDoc) -> tuple[float, bool, float, str]:
    first = layer.contacts[0]
    energy = max(-first.metal_energy, -first.electrolyte_energy)
    strain = max(abs(first.metal_strain), abs(first.electrolyte_strain))
    return round(energy / RESOLVED), layer.electronic == "metallic", strain, layer.formula


def _contact(metal: DecompositionDoc, other: InterfaceReactionDoc) -> LayerContact:
    worst = min(other.kinks, key=lambda kink: kink.mixing_energy_per_atom)
    reacts = worst.mixing_energy_per_atom < -NO_STRAIN
    return LayerContact(
        k_eff=metal.k_eff,
        metal_energy=metal.reaction_energy_per_atom,
        metal_strain=metal.reaction_strain,
        metal_reaction=metal.reaction,
        electrolyte_energy=worst.mixing_energy_per_atom if reacts else 0.0,
        electrolyte_strain=worst.reaction_strain if reacts else 0.0,
        electrolyte_reaction=worst.reaction if reacts else "none",
    )
