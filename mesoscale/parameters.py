"""Parameters of the mesoscale stage in physical invariants, and the bridge that brings the atoms' numbers to it.

Users give exchange current density, surface energy and interface width; barrier, gradient and reaction coefficients
follow, so the interface can be widened for cost without changing the physics. Everything is SI.
"""

import math
from typing import Any, Literal, Self, cast

from pydantic import ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from selflimit.documents import DecompositionDoc, ElasticDoc, ParameterRow, Record
from selflimit.errors import InputError
from selflimit.mesoscale.bridge import (
    bridge_sources,
    hill_mixture,
    in_pascal,
    linear_strain,
    phase_moduli,
    require_elastic,
)
from selflimit.plausible import Quantity, check_quantity
from selflimit.units import FARADAY, GAS_CONSTANT

PAPER = "published model of the graded-layer cell, boundary conditions of its simulation"
ARGUELLO = "Arguello et al. 2022, arXiv:2204.06696"
HONG = "Hong and Viswanathan 2018, ACS Energy Lett. 3, 1737, doi:10.1021/acsenergylett.8b01009"
FOAM_SET = "electro-chemo-mechanical dendrite model with OpenFOAM (public parameter set)"
MASIAS = "bulk lithium, Masias et al. 2019, J. Mater. Sci. 54, 2585, doi:10.1007/s10853-018-2971-3"
MP_BULK = "Materials Project bulk modulus; Poisson ratio 0.2 assumed, from_decomposition replaces both"
LZC_RANGE = (
    "middle of a force field's 7-13 GPa bulk modulus, Poisson ratio 0.3 assumed; from_decomposition replaces both"
)

NOMINAL_REACTION_STRAIN = (1.0 + 0.13) ** (1.0 / 3.0) - 1.0
"""Linear strain of a nominal decomposition, Li2ZrCl6 + 4 Li -> 6 LiCl + Zr: crystal volumes 200 -> 6 x 34 + 23
Angstrom^3 give dV/V0 = 0.13. Only the calibrated default of ``retained_fraction`` rests on it."""
EXPANSION_RATIO = 2.0
"""Published rule: the reaction zone expands twice as much as the graded-particle phase."""

Strain = tuple[float, float, float]

NOT_ROWS = ("sources", "reaction_strain_range")
"""Fields that are no row of a table of parameters; of the second the ends are, where it is known."""

MODULUS = (1e5, 1e13)
"""From a soft gel to ten times diamond (Pa): what is taken for a Young's modulus."""


def quantity(
    default: Any,
    symbol: str,
    unit: str,
    source: str,
    description: str,
    calibrated: bool = False,
    plausible: tuple[float, float] | None = None,
    **bounds: Any,
) -> Any:
    """Field of a parameter, with all that a table or a refusal says of it.

    Parameters
    ----------
    default, source, calibrated
        Default value, where it comes from, and whether it was chosen to meet a published result.
    symbol, unit, description
        What the parameter is; the unit is '1' where it has none.
    plausible
        Least and largest value that is taken of a parameter with a unit; other units are suggested beyond.
    **bounds
        Bounds of a number without a unit: ``gt``, ``ge``, ``lt``, ``le``.
    """
    extra: dict[str, Any] = {"symbol": symbol, "unit": unit, "source": source, "calibrated": calibrated}
    extra["plausible"] = plausible
    return Field(default, description=f"{description} ({unit})", json_schema_extra=extra, **bounds)


class InterfaceParameters(Record):
    """All numbers of the growth and interface models, SI units, each with its source.

    The default values are the solid-electrolyte set that docs/theory/phase-field.md derives. ``sources`` names the
    source of each value that was given instead of the default.

    Raises
    ------
    InputError
        If a value is out of its range, unknown or not a number.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    temperature: float = quantity(300.0, "T", "K", PAPER, "Temperature", plausible=(200.0, 454.0))
    overpotential: float = quantity(
        -0.1,
        "eta",
        "V",
        PAPER,
        "Potential of the metal against the far electrolyte; deposition if negative",
        plausible=(-1.0, 1.0),
    )
    charge_number: int = quantity(1, "n", "1", "Li+ + e- -> Li", "Exchanged electrons", ge=1)
    transfer_coefficient: float = quantity(0.5, "alpha", "1", ARGUELLO, "Symmetry factor", gt=0, lt=1)
    exchange_current: float = quantity(
        300.0, "i0", "A/m^2",
        "calibrated: with 30 (" + ARGUELLO + ") needles flatten; 0.9 Ohm cm^2, clean ceramics reach 0.1 "
        "(Krauskopf et al. 2019, doi:10.1021/acsami.9b02537)",
        "Exchange current density", calibrated=True, plausible=(1e-6, 1e7),
    )  # fmt: skip
    surface_energy: float = quantity(
        0.556, "gamma", "J/m^2", ARGUELLO, "Surface energy lithium|electrolyte", plausible=(1e-3, 100.0)
    )
    interface_width: float = quantity(
        0.5e-6, "w", "m", "widened from 0.375e-6 m (" + ARGUELLO + ") at the same gamma and i0",
        "Width w of the profile 1/2 [1 - tanh(x/2w)]", plausible=(1e-10, 1e-4),
    )  # fmt: skip
    surface_mobility: float = quantity(
        5.0e-8, "L_sigma", "m^3/(J s)",
        "calibrated: the published 2.5e-6 flattens all below L_sigma kappa/v = 0.15 mm; the smallest that keeps the "
        "planar velocity within 1 %",
        "Interface mobility", calibrated=True, plausible=(1e-15, 1.0),
    )  # fmt: skip
    noise_amplitude: float = quantity(
        0.04, "A", "1", HONG, "Relative fluctuation of the exchange rate over the area w^2 and 1 s", ge=0
    )
    capillarity: float = quantity(
        0.0, "T", "m^2/s", "0: the least multiple of i0 f gamma v_m/(F^2 c_s) that the width can carry",
        "Velocity of a front over its curvature, by surface tension; 0 lets it be chosen", ge=0,
        plausible=(0.0, 1e-8),
    )  # fmt: skip
    anisotropy: float = quantity(
        0.0, "delta", "1", "isotropic; " + ARGUELLO + " use 0.044", "Anisotropy of the surface energy",
        ge=0, lt=1 / 15,
    )  # fmt: skip
    kinetic_anisotropy: float = quantity(
        0.0, "delta_k", "1", "isotropic", "Anisotropy of the exchange current density", gt=-1, lt=1
    )
    anisotropy_folds: Literal[4, 6] = quantity(4, "m", "1", ARGUELLO, "Folds of both anisotropies")
    anisotropy_orientation: float = quantity(
        0.0, "theta_0", "rad", "along the axes", "Direction of both anisotropies from the first axis",
        plausible=(-6.3, 6.3),
    )  # fmt: skip
    metal_site_density: float = quantity(
        7.64e4, "c_s", "mol/m^3", ARGUELLO, "Site density of lithium metal", plausible=(1e3, 1e6)
    )
    bulk_concentration: float = quantity(
        1.0e3, "c_0", "mol/m^3", ARGUELLO, "Li+ concentration that c = 1 stands for", plausible=(10.0, 1e5)
    )
    saturation: float = quantity(
        1.0, "c_sat", "1",
        "single-ion conductor: at c = 1 every mobile site is taken. Without a bound c piles up to exp(-f phi) = 48 "
        "at a front that stress holds, and the overpotential counts twice (docs/theory/phase-field.md)",
        "Largest normalised concentration that drives charge transfer", gt=0,
    )  # fmt: skip
    metal_conductivity: float = quantity(
        1.0e7, "sigma_Li", "S/m", ARGUELLO, "Electronic conductivity of lithium", plausible=(1e-3, 1e10)
    )
    conductivity_cap: float = quantity(
        1.0e4, "sigma_Li/sigma_SSE", "1", "numerical: 100 times more moves phi by < 2 % of the overpotential (tests)",
        "Largest ratio of metal to electrolyte conductivity that is solved", ge=1,
    )  # fmt: skip
    electrolyte_conductivity: float = quantity(
        0.1, "sigma_SSE", "S/m",
        "Li3N, 0.12 in a crystal (Alpen et al. 1977, doi:10.1063/1.89283), 0.03 in doi:10.1016/0167-2738(83)90045-0; "
        "both by the table laskowski_with_dois.csv of NRC-Mila/OBELiX",
        "Ionic conductivity of the electrolyte", plausible=(1e-12, 1e3),
    )  # fmt: skip
    boundary_conduction: float = quantity(
        1.0, "sigma_gb/sigma_SSE", "1", "as the grains; single-ion conductor with explicit grains only",
        "Conductivity of the grain boundaries over that of the grains", ge=1e-4, le=1e4,
    )  # fmt: skip
    boundary_exchange: float = quantity(
        1.0, "i0_gb/i0", "1", "as the grains; single-ion conductor with explicit grains only",
        "Exchange current density at the grain boundaries over that at the grains", gt=0,
    )  # fmt: skip
    metal_diffusivity: float = quantity(
        7.5e-13, "D_Li", "m^2/s", ARGUELLO, "Diffusion coefficient in lithium", plausible=(1e-22, 1e-5)
    )
    electrolyte_diffusivity: float = quantity(
        2.685e-11, "D_SSE", "m^2/s", "Nernst-Einstein: sigma_SSE R T/(F^2 c_0), as the set of " + ARGUELLO + " does",
        "Diffusion coefficient of Li+ in the electrolyte", plausible=(1e-22, 1e-5),
    )  # fmt: skip
    metal_molar_volume: float = quantity(
        1.30e-5,
        "v_m",
        "m^3/mol",
        "lithium at 300 K: 6.94 g/mol over 0.534 g/cm^3",
        "Molar volume of lithium",
        plausible=(1e-6, 1e-3),
    )
    mechanical_correction: float = quantity(
        1.0, "C", "1",
        "the work P v_m that lithium under the pressure P does (Monroe and Newman 2004, doi:10.1149/1.1710893); the "
        "published growth takes a larger one",
        "Mechanical overpotential correction factor", ge=0,
    )  # fmt: skip
    lithium_modulus: float = quantity(7.82e9, "E_Li", "Pa", MASIAS, "Young's modulus of lithium", plausible=MODULUS)
    lithium_poisson: float = quantity(0.381, "nu_Li", "1", MASIAS, "Poisson ratio of lithium", ge=0, lt=0.5)
    particle_modulus: float = quantity(
        93.6e9, "E_p", "Pa", "Li3N 52 GPa, " + MP_BULK, "Young's modulus of the particle layer", plausible=MODULUS
    )
    particle_poisson: float = quantity(0.2, "nu_p", "1", MP_BULK, "Poisson ratio of the particle layer", ge=0, lt=0.5)
    electrolyte_modulus: float = quantity(
        12.0e9, "E_e", "Pa", LZC_RANGE, "Young's modulus of the electrolyte behind the layer", plausible=MODULUS
    )
    electrolyte_poisson: float = quantity(
        0.3, "nu_e", "1", LZC_RANGE, "Poisson ratio of the electrolyte behind the layer", ge=0, lt=0.5
    )
    zone_modulus: float = quantity(
        48.0e9, "E_zone", "Pa",
        "bulk modulus of LiCl 32 GPa (Materials Project), Poisson ratio 0.25 assumed; from_decomposition replaces both",
        "Young's modulus of the reaction zone", plausible=MODULUS,
    )  # fmt: skip
    zone_poisson: float = quantity(0.25, "nu_zone", "1", "assumed", "Poisson ratio of the reaction zone", ge=0, lt=0.5)
    coarse_expansion: Strain = quantity(
        (0.866e-3, 0.773e-3, 0.529e-3), "K_coarse", "1", FOAM_SET,
        "Eigenstrain xx, yy, zz of lithium at coarse particles",
    )  # fmt: skip
    fine_ratio: float = quantity(
        0.35, "K_fine/K_coarse", "1", "calibrated: published 7 MPa at fine against 20 MPa at coarse particles",
        "Eigenstrain of lithium among fine particles over that at coarse ones", calibrated=True, ge=0,
    )  # fmt: skip
    reaction_strain: float = quantity(
        NOMINAL_REACTION_STRAIN, "e_r", "1", "nominal: Li2ZrCl6 + 4 Li -> 6 LiCl + Zr from crystal volumes",
        "Full linear strain of the decomposition", gt=-1,
    )  # fmt: skip
    reaction_strain_range: tuple[float, float] | None = Field(
        None,
        description="Lowest and highest full linear strain over polymorphs within 10 meV/atom, of the electrolyte "
        "and its products (1); None: not known",
    )
    retained_fraction: float = quantity(
        EXPANSION_RATIO * (0.866e-3 + 0.773e-3 + 0.529e-3) / 3.0 / NOMINAL_REACTION_STRAIN, "r", "1",
        "calibrated: published rule 'zone expands 2 x the particle phase', at the nominal e_r",
        "Extent of reaction times the share of its strain that builds stress", calibrated=True, ge=0, le=1,
    )  # fmt: skip
    sources: dict[str, str] = Field(
        default_factory=dict, description="Field name -> source of a value given explicitly"
    )

    def __init__(self, **values: Any) -> None:
        """Validate ``values``; the first fault is reported in one line."""
        try:
            super().__init__(**values)
        except ValidationError as fault:
            raise InputError(_one_line(fault)) from None
        self._check_plausible()

    @classmethod
    def from_decomposition(
        cls, decomposition: DecompositionDoc, elastic: dict[str, ElasticDoc], particle: str = "Li3N", **values: Any
    ) -> Self:
        """Parameters with the atomistic stages' reaction strain and elastic constants.

        The only bridge from atoms to continuum and the only place where units change scale (GPa to Pa). The zone's
        moduli are the Hill average (mean of Voigt and Reuss, doi:10.1088/0370-1298/65/5/307) of the products' moduli
        by volume fraction; its full linear strain is (1 + dV/V0)^(1/3) - 1. Lithium keeps its literature values.

        Parameters
        ----------
        decomposition
            Reaction of the electrolyte with lithium; ``reaction_strain`` = dV/V0 without the reservoir's lithium.
        elastic
            Elastic constants by reduced formula: the electrolyte's, the particles', and those of the products.
        particle
            Reduced formula of the particle layer.
        **values
            Other parameters, as for the constructor, e.g. ``retained_fraction=0.1``, with their ``sources``.

        Raises
        ------
        InputError
            If constants of the electrolyte, of the particles or of a product are missing, or a value is out of range.
        """
        formulas = [product.formula for product in decomposition.products if product.amount > 0]
        require_elastic([decomposition.formula, particle, *formulas], elastic)
        zone = hill_mixture([(p.amount * p.volume, elastic[p.formula]) for p in decomposition.products if p.amount > 0])
        bridged: dict[str, Any] = {
            "reaction_strain": linear_strain(decomposition.reaction_strain),
            "reaction_strain_range": decomposition.strain_range
            and tuple(map(linear_strain, decomposition.strain_range)),
            **phase_moduli("particle", in_pascal(elastic[particle])),
            **phase_moduli("electrolyte", in_pascal(elastic[decomposition.formula])),
            **phase_moduli("zone", zone),
        }
        named = values.pop("sources", {})
        found = bridge_sources(decomposition, elastic, particle) | dict.fromkeys(values, "given by the user") | named
        return cls(**(bridged | values), sources=found)

    @property
    def inverse_thermal_voltage(self) -> float:
        """f = nF/RT (1/V)."""
        return self.charge_number * FARADAY / (GAS_CONSTANT * self.temperature)

    @property
    def barrier(self) -> float:
        """W = 3 gamma/w (J/m^3), from w = sqrt(kappa/2W) and gamma = sqrt(2 kappa W)/6."""
        return 3.0 * self.surface_energy / self.interface_width

    @property
    def gradient_coefficient(self) -> float:
        """Kappa = 6 gamma w (J/m), from the same two relations."""
        return 6.0 * self.surface_energy * self.interface_width

    @property
    def reaction_coefficient(self) -> float:
        """L_eta = i0/(6 n F c_s w) (1/s): the sharp-interface limit of the Butler-Volmer term."""
        return self.exchange_current / (
            6.0 * self.charge_number * FARADAY * self.metal_site_density * self.interface_width
        )

    @property
    def fine_expansion(self) -> Strain:
        """Eigenstrain xx, yy, zz of lithium among fine particles, dimensionless."""
        x, y, z = (self.fine_ratio * k for k in self.coarse_expansion)
        return x, y, z

    @property
    def zone_eigenstrain(self) -> float:
        """Linear eigenstrain of the reaction zone, retained fraction times full strain, dimensionless."""
        return self.retained_fraction * self.reaction_strain

    def planar_velocity(self, overpotential: float, concentration: float = 1.0) -> float:
        """Velocity of a flat front (m/s), v = 6 L_eta w {c exp(-alpha f eta) - exp((1-alpha) f eta)}.

        >>> f"{InterfaceParameters(exchange_current=30.0).planar_velocity(-0.1):.2e}"
        '2.76e-08'
        """
        f, alpha = self.inverse_thermal_voltage, self.transfer_coefficient
        cathodic, anodic = math.exp(-alpha * f * overpotential), math.exp((1.0 - alpha) * f * overpotential)
        return 6.0 * self.reaction_coefficient * self.interface_width * (concentration * cathodic - anodic)

    def _check_plausible(self) -> None:
        for name, field in type(self).model_fields.items():
            extra = field.json_schema_extra
            if isinstance(extra, dict) and extra["plausible"]:
                low, high = cast("tuple[float, float]", extra["plausible"])
                quantity = Quantity(str(extra["unit"]), low, high, field.default)
                check_quantity(f"{name} {extra['symbol']}", getattr(self, name), quantity)

    def rows(self) -> list[ParameterRow]:
        """Every parameter, given and derived, with unit and source, as the report shows them."""
        given = [row for name in type(self).model_fields if name not in NOT_ROWS for row in self._rows_of(name)]
        return given + _derived_rows(self)

    def _rows_of(self, name: str) -> list[ParameterRow]:
        field, value = type(self).model_fields[name], getattr(self, name)
        if not isinstance(value, tuple):
            return [self._row(name, field, value, "")]
        return [self._row(name, field, part, axis) for part, axis in zip(value, (" xx", " yy", " zz"), strict=True)]

    def _row(self, name: str, field: FieldInfo, value: float, suffix: str) -> ParameterRow:
        extra = field.json_schema_extra
        assert isinstance(extra, dict)
        given = name in self.sources or getattr(self, name) != field.default
        return ParameterRow(
            name=name.replace("_", " ") + suffix,
            symbol=str(extra["symbol"]) + suffix,
            value=float(value),
            unit=str(extra["unit"]),
            source=self.sources.get(name, "given by the user") if given else str(extra["source"]),
            calibrated=self.sources.get(name, "").startswith("calibrated") if given else bool(extra["calibrated"]),
        )


def _derived_rows(p: InterfaceParameters) -> list[ParameterRow]:
    derived = [
        ("barrier", "W", p.barrier, "J/m^3", "3 gamma/w"),
        ("gradient coefficient", "kappa", p.gradient_coefficient, "J/m", "6 gamma w"),
        ("reaction coefficient", "L_eta", p.reaction_coefficient, "1/s", "i0/(6 n F c_s w)"),
        ("zone eigenstrain", "r e_r", p.zone_eigenstrain, "1", "retained fraction times full reaction strain"),
    ]
    over = "over polymorphs of the electrolyte and its products within 10 meV/atom"
    for end, strain in zip(("lowest", "highest"), p.reaction_strain_range or (), strict=False):
        derived.append((f"{end} reaction strain", f"e_r {end}", strain, "1", over))
    return [ParameterRow(name=n, symbol=s, value=v, unit=u, source=f"derived: {how}") for n, s, v, u, how in derived]


def _one_line(fault: ValidationError) -> str:
    # pydantic lists every fault; the first says enough, and is often the cause of the others
    first = fault.errors()[0]
    name = str(first["loc"][0])
    field = InterfaceParameters.model_fields.get(name)
    extra = field.json_schema_extra if field is not None else None
    unit = f" {extra['unit']}" if isinstance(extra, dict) and extra["unit"] != "1" else ""
    hint = "known names: InterfaceParameters.model_fields" if field is None else (field.description or "")
    return f"{name}: {first['msg']}, got {first['input']!r}{unit}; give {hint}"
