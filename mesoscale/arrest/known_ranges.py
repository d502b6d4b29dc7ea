"""What is known of the quantities that decide on arrest, in one table: range, source, confidence. SI units.

No number here was fitted to a published outcome. Where sources disagree by a factor, the range holds both ends; where
there is no source, the range says 'assumed' or 'not known', and a probability over it is a statement about the range.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from selflimit.documents.arrest import Products, UncertainQuantity

ARGUELLO_KINETICS = "30 A/m^2 in simulations (Arguello et al. 2022, arXiv:2204.06696)"
SMALL_LITHIUM_STRENGTH = 105e6
"""Strength of lithium pillars of 1 um at room temperature (Pa): Xu et al. 2017, PNAS 114, 57, arXiv:1606.05826."""
SMALL_LITHIUM_EXPONENT = -0.68
"""Its power of the size, from the same abstract."""

Scale = Literal["logarithmic", "linear"]
Confidence = Literal["measured", "by analogy", "assumed", "not known", "given"]


def _known(
    name: str,
    symbol: str,
    unit: str,
    values: tuple[float, float, float],
    confidence: Confidence,
    source: str,
    scale: Scale = "logarithmic",
) -> UncertainQuantity:
    low, central, high = values
    return UncertainQuantity(
        name=name, symbol=symbol, unit=unit, low=low, central=central, high=high, scale=scale, confidence=confidence,
        source=source,
    )  # fmt: skip


KNOWN_RANGES: Mapping[str, UncertainQuantity] = MappingProxyType(
    {
        "layer_thickness": _known(
            "thickness of the particle layer", "L", "m", (0.5e-3, 0.6e-3, 0.75e-3), "measured",
            "about 60 mg of Li3N pressed in a die of 10 mm, as the published cells were made: 0.60 mm at 1.27 g/cm^3, "
            "0.75 mm with 20 % pores",
        ),
        "slot_width": _known(
            "widest slot", "H", "m", (1e-7, 1e-6, 1e-5), "assumed",
            "widest void that lithium takes from the foil to the electrolyte; the particles are micrometres in size, "
            "and no distribution of voids is published",
        ),
        "pitch": _known(
            "distance of the channels that fill", "s", "m", (2e-5, 1e-4, 5e-4), "assumed",
            "lithium goes through the fine regions between coarse particles of hundreds of micrometres; how many "
            "channels of a region lead is not published. More than the layer's thickness apart they do not compete",
        ),
        "half_cycle": _known(
            "time of a half-cycle", "t", "s", (1800.0, 1800.0, 3600.0), "measured",
            "one hour in each cycle, as the published cells were run: half an hour of plating, or an hour if an hour "
            "each is meant. That of the cells at 20 mA/cm^2 is not published",
        ),
        "retained": _known(
            "share of a half-cycle's lithium that stays in the channels", "r", "1", (1e-3, 1e-2, 0.3), "not known",
            "lower end: good cells lose less than 2e-3 per cycle, Lee et al. 2020, doi:10.1038/s41560-020-0575-z; "
            "upper end assumed: above 0.2 mA/cm^2 at 3 MPa stripping leaves voids at Li6PS5Cl, Kasemchainan et al. "
            "2019, doi:10.1038/s41563-019-0438-9, and at tips the current density is many times the mean",
        ),
        "conductivity": _known(
            "conductivity of the layer", "sigma", "S/m", (0.036, 0.05, 0.1), "by analogy",
            "upper end: Li3N crystals at 300 K, Alpen et al. 1977, Appl. Phys. Lett. 30, 621; pressed powder "
            "half to a third of it, assumed",
        ),
        "exchange_current": _known(
            "exchange current density", "i0", "A/m^2", (30.0, 300.0, 2600.0), "by analogy",
            ARGUELLO_KINETICS + "; 0.1 Ohm cm^2 = RT/(F i0) at clean garnet (Krauskopf et al. 2019, "
            "doi:10.1021/acsami.9b02537); none for Li3N",
        ),
        "creep_resistance": _known(
            "creep resistance of bulk lithium", "S", "Pa", (0.95e6, 1.5e6, 2.0e6), "measured",
            "initial and saturated resistance of the set that public MOOSE inputs (ecmLab/continuum) fit to LePage "
            "et al. 2019, doi:10.1149/2.0221902jes",
        ),
        "size_effect": _known(
            "size effect of lithium", "q", "1", (0.0, 0.0, 1.0), "not known",
            "0: bulk; 1: single-crystal pillars of the slot's width, 105 MPa (1 um/H)^0.68, Xu et al. 2017, PNAS "
            "114, 57, arXiv:1606.05826; between, the power q of their ratio. Which holds for plated lithium is open",
            "linear",
        ),
        "toughness": _known(
            "fracture toughness of the electrolyte", "K_IC", "Pa m^(1/2)", (0.085e6, 0.15e6, 0.23e6), "by analogy",
            "upper end: sulfide glass, McGrogan et al. 2017, doi:10.1002/aenm.201602011; lower end: Griffith with 0.3 "
            "J/m^2 (assumed) and 12 GPa; none measured for a chloride. Pores cost a garnet pellet a factor of 3 (Hu et "
            "al. 2021, par.nsf.gov/biblio/10352322)",
        ),
        "bond_strength": _known(
            "bond of layer and electrolyte over the electrolyte's strength", "kappa", "1", (0.2, 0.6, 2.0), "assumed",
            "two powders pressed on one another, with flaws of one depth; which gives way first is not known. Below 1 "
            "a crack that reaches the bond runs along it (He and Hutchinson 1989, doi:10.1016/0020-7683(89)90021-8)",
        ),
        "flaw": _known(
            "depth of a flaw at the tip", "a", "m", (1e-6, 3e-6, 1e-5), "assumed",
            "grains and pores of a pressed powder",
        ),
        "confinement": _known(
            "compression in the plane of the electrolyte", "p", "Pa", (0.0, 1e7, 5e7), "assumed",
            "what is left of die pressing at 500 MPa when the pellet stays in its die of PEEK (docs/theory/arrest.md); "
            "that compression turns cracks away is measured at 200 MPa, Fincher et al. 2022, "
            "doi:10.1016/j.joule.2022.10.011",
            "linear",
        ),
        "electrolyte_thickness": _known(
            "thickness of the electrolyte", "L_e", "m", (0.36e-3, 0.4e-3, 0.5e-3), "measured",
            "about 80 mg of Li2ZrCl6 pressed in a die of 10 mm: 0.39 mm at 2.6 g/cm^3, 0.5 mm with 20 % pores",
        ),
        "ionic_conductivity": _known(
            "ionic conductivity of the product", "sigma_i", "S/m", (1e-8, 1e-6, 1e-4), "not known",
            "none found for LiCl + Zr from a chloride; LiCl-like films, less than the electrolyte's",
        ),
        "volume_error": _known(
            "error of the reaction's dV/V0", "d", "1", (-0.17, 0.0, 0.17), "by analogy",
            "twice the pooled spread of crystal volumes between sources, 8.5 %, of the electrolyte's volume, which has "
            "one source (docs/theory/self-limitation.md)", "linear",
        ),
    }
)  # fmt: skip
"""Field of a cell -> what is known of it."""

ELECTRONIC_CONDUCTIVITY: Mapping[Products, UncertainQuantity] = MappingProxyType(
    {
        "insulate": _known(
            "electronic conductivity of the product", "sigma_e", "S/m", (1e-12, 1e-10, 1e-8), "not known",
            "none found for LiCl + Zr; 1e-10 to 7e-10 S/m for the film on Li6PS5Cl, Otto et al. 2022, "
            "doi:10.1002/admi.202102387",
        ),
        "conduct": _known(
            "electronic conductivity of the product", "sigma_e", "S/m", (1e-4, 1.0, 1e4), "not known",
            "none found; if the metal percolates. Zirconium is some 10 % of the volume, below the 16 % at which random "
            "mixtures conduct, but products of Li10GeP2S12 with as little metal do conduct",
        ),
    }
)  # fmt: skip
"""What the product does with electrons -> its conductivity: both branches are computed."""

LEFT_OUT = (
    "the distribution of voids: one slot, the widest, stands for the layer (ten drawn populations stand beside it)",
    "the time of a half-cycle at 20 mA/cm2, which is not published: an hour would plate all of a foil of 100 um",
    "that stripping may leave voids in a channel instead of lowering its top",
    "cracks and voids of the particle layer itself, and its grain boundaries",
    "loss of contact where products shrink, and the reaction's own resistance, which would slow it",
    "errors of the reaction's energy, which move its voltage by some 0.1 V",
)
"""What no probability includes."""
