"""What becomes of lithium at the less stable electrolyte, sample by sample: the closed forms put together.

In the order in which things happen: lithium that plating does not bring through the layer is stripped again, tips
first, and turns back. Where it arrives, pressure builds up within minutes and opens what gives way first: a crack in
the electrolyte, or the bond between layer and electrolyte. In the bond it spreads, free of the layer's field; what can
still press it into a flaw of the electrolyte is charge transfer. What has not cracked may be eaten by the reaction;
what is left stalls by stress, is held by the product's film, or extrudes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from selflimit.arrays import BoolArray, FloatArray
from selflimit.documents.arrest import Fate
from selflimit.mesoscale.arrest.arrival import arrival_charge, crack_depth
from selflimit.mesoscale.arrest.creep import LITHIUM_CREEP, plug_pressure, plug_wall_stress
from selflimit.mesoscale.arrest.film import film_current, film_thickness, swelling_pressure
from selflimit.mesoscale.arrest.kinetics import (
    LITHIUM_CHARGE_VOLUME,
    ROOM_TEMPERATURE,
    charge_transfer_overpotential,
    charge_transfer_resistance,
)
from selflimit.mesoscale.arrest.known_ranges import SMALL_LITHIUM_EXPONENT, SMALL_LITHIUM_STRENGTH
from selflimit.mesoscale.arrest.stall import (
    crack_pressure,
    critical_current,
    extrusion_number,
    stall_pressure,
    tip_pressure,
)
from selflimit.mesoscale.bridge import ReactionPerCharge
from selflimit.units import MICROMETRE

TOLERATED_LEAK = 0.05
"""Share of the mean current density that may still go to a tip that counts as blocked by a film: an assumption."""

LEAST_PRESSURE = 1.0
"""Pressure (Pa) that stands for none, where a film shrinks and draws the tip's lithium: it cracks nothing."""

LEAST_FILM = 1e-12
"""Thickness (m) that stands for no film, of an electrolyte that does not react."""

Samples = Mapping[str, FloatArray]
"""Name of a quantity -> its values in SI units, all of one shape."""


@dataclass(frozen=True)
class Conditions:
    """What all samples share.

    Attributes
    ----------
    current
        i, mean over the layer (A/m^2).
    reaction
        Of the electrolyte with lithium, per charge.
    modulus, poisson_ratio
        Of the electrolyte (Pa, dimensionless).
    test_time
        How long the cell is cycled, and products grow (s).
    foil
        Thickness of the lithium foil (m).
    temperature
        T (K).
    """

    current: float
    reaction: ReactionPerCharge
    modulus: float
    poisson_ratio: float
    test_time: float
    foil: float
    temperature: float = ROOM_TEMPERATURE


@dataclass(frozen=True)
class Judged:
    """What the criterion says of each sample; every array has the samples' shape.

    Attributes
    ----------
    extrusion_number
        N_s, dimensionless.
    stall, plug, tip, crack, bond
        Pressures (Pa): at which plating ends, which presses the plug out, at the tip, which opens a crack in the
        electrolyte, and the bond between the layer and it.
    arrival
        Charge per area that brings lithium through the layer (C/m^2).
    plated
        Charge per area that is in channels and cracks at the end of the last half-cycle that plates (C/m^2), at most.
    crack_depth
        Depth to which what is plated after the arrival fills a crack (m), were there one.
    film, early_film
        Thickness of the product at the end of the test, and after one half-cycle (m).
    blocking
        Resistance of the film over what lets through the tolerated leak, dimensionless.
    electrolyte_yields
        Whether the electrolyte gives way before its bond to the layer, or when lithium has spread in that.
    margin
        By what factor the electrolyte stays unharmed (above 1) or does not.
    critical_current
        Up to which it stalls whole, without products (A/m^2).
    outcomes
        Fate -> in which samples.
    """

    extrusion_number: FloatArray
    stall: FloatArray
    plug: FloatArray
    tip: FloatArray
    crack: FloatArray
    bond: FloatArray
    arrival: FloatArray
    plated: FloatArray
    crack_depth: FloatArray
    film: FloatArray
    early_film: FloatArray
    blocking: FloatArray
    electrolyte_yields: BoolArray
    margin: FloatArray
    critical_current: FloatArray
    outcomes: Mapping[Fate, BoolArray]


def judge_samples(s: Samples, at: Conditions) -> Judged:
    """Put each sample through the criterion.

    Parameters
    ----------
    s
        Values of every quantity of :data:`~selflimit.mesoscale.arrest.known_ranges.KNOWN_RANGES`, and of
        'electronic_conductivity'.
    at
        What they share.
    """
    one = np.ones_like(s["conductivity"])
    current, speed = at.current * one, LITHIUM_CHARGE_VOLUME * at.current * one
    number = extrusion_number(wall_stress(s, speed, at.temperature), s["conductivity"], s["slot_width"], current)
    where = s["layer_thickness"], s["conductivity"], s["exchange_current"]
    stall = stall_pressure(current, *where, at.temperature)
    circuit, reaction = circuit_resistance(s, at.temperature), with_volume_error(s, at.reaction)
    drive, conducting = at.reaction.voltage + LITHIUM_CHARGE_VOLUME * stall, s["electronic_conductivity"]
    early = film_thickness(s["half_cycle"], drive, conducting, circuit, at.reaction)
    late = film_thickness(at.test_time * one, drive, conducting, circuit, at.reaction)
    swelling = np.maximum(reaction.swelling, 0.0) * film_current(early, drive, conducting, circuit)
    stress = wall_stress(s, speed + swelling, at.temperature)
    plug = plug_pressure(stress, s["layer_thickness"], s["slot_width"])
    tip = tip_pressure(pressure_with_film(s, stall, early, circuit, reaction), plug)
    crack = crack_pressure(s["toughness"], s["flaw"], s["confinement"])
    bond = crack_pressure(s["bond_strength"] * s["toughness"], s["flaw"])
    bears = np.minimum(crack, bond)
    blocking = late / s["ionic_conductivity"] / ((1.0 / TOLERATED_LEAK - 1.0) * circuit)
    left = s["electrolyte_thickness"] / np.maximum(late, LEAST_FILM)
    intact = bears / np.maximum(tip, LEAST_PRESSURE)
    spread = charge_transfer_overpotential(current, s["exchange_current"], at.temperature) / LITHIUM_CHARGE_VOLUME
    weaker = (crack < bond) | (crack < spread)
    arrival, plated = arrival_of(s, at), plated_charge(s, at)
    depth = depth_of_crack(s, at, np.maximum(plated - arrival, 0.0), early)
    short, fills = arrival / plated, depth / s["electrolyte_thickness"]
    return Judged(
        extrusion_number=number,
        stall=stall,
        plug=plug,
        tip=tip,
        crack=crack,
        bond=bond,
        arrival=arrival,
        plated=plated,
        crack_depth=depth,
        film=late,
        early_film=early,
        electrolyte_yields=weaker,
        blocking=blocking,
        margin=np.maximum(short, np.minimum.reduce([np.maximum(number, blocking), intact, left])),
        critical_current=np.minimum(
            critical_current(bears, *where, at.temperature), current_of_extrusion(s, number, at)
        ),
        outcomes=outcomes_of(short, number, intact, left, blocking, weaker, fills),
    )


def outcomes_of(
    short: FloatArray, number: FloatArray, intact: FloatArray, left: FloatArray, blocking: FloatArray,
    is_weaker: BoolArray, fills: FloatArray,
) -> dict[Fate, BoolArray]:  # fmt: skip
    """Sort samples into outcomes, exactly one each, by ratios of which each but ``fills`` is safe above 1.

    Parameters
    ----------
    short
        Charge that brings lithium through the layer over what is plated.
    number
        N_s.
    intact
        Pressure that electrolyte and bond bear over tip pressure.
    left
        Thickness of the electrolyte over that of the product.
    blocking
        Resistance of the film over what lets through the tolerated leak.
    is_weaker
        Whether the electrolyte gives way before its bond to the layer, or when lithium has spread in that.
    fills
        Depth of a crack that is filled over the electrolyte's thickness; from 1 on it crosses.
    """
    arrives = short < 1.0
    cracked = arrives & (intact < 1.0) & is_weaker
    consumed = arrives & ~cracked & (left <= 1.0)
    spreads = arrives & ~cracked & ~consumed & (intact < 1.0)
    goes_on = arrives & ~cracked & ~consumed & ~spreads
    stalls, blocked = number >= 1.0, blocking >= 1.0
    return {
        "turns back": ~arrives,
        "stalls": goes_on & stalls,
        "passivates": goes_on & ~stalls & blocked,
        "extrudes": goes_on & ~stalls & ~blocked,
        "spreads": spreads,
        "is consumed": consumed,
        "cracks": cracked & (fills < 1.0),
        "crosses": cracked & (fills >= 1.0),
    }


def arrival_of(s: Samples, at: Conditions) -> FloatArray:
    """Charge per area (C/m^2) that brings lithium through the layer, of each sample under its conditions."""
    where = s["layer_thickness"], s["slot_width"], s["pitch"], s["conductivity"], s["exchange_current"]
    return np.asarray(arrival_charge(*where, at.temperature))


def plated_charge(s: Samples, at: Conditions) -> FloatArray:
    """Charge per area (C/m^2) in channels and cracks when the last plating ends: i t (1 + r (n - 1)) of n cycles.

    Of what a half-cycle plates the share r stays behind when it is stripped, at most all of the foil. It counts as if
    it all filled channels.
    """
    cycles, once = np.maximum(at.test_time / (2.0 * s["half_cycle"]), 1.0), at.current * s["half_cycle"]
    behind = s["retained"] * (cycles - 1.0) * once
    return np.asarray(once + np.minimum(behind, at.foil / LITHIUM_CHARGE_VOLUME))


def depth_of_crack(s: Samples, at: Conditions, charge: FloatArray, film: FloatArray) -> FloatArray:
    """Depth (m) of the crack that lithium fills if all current between two channels goes there: the most it can.

    Parameters
    ----------
    s
        'pitch' and 'toughness' are used.
    at
        Elastic constants and the reaction.
    charge
        Per area of the layer (C/m^2), plated after the arrival.
    film
        Product at each of the crack's faces after a half-cycle (m); it consumes film/V_0 of charge per area.
    """
    consumed = 0.0 * film
    if at.reaction.consumed_volume > 0.0:
        consumed = 2.0 * LITHIUM_CHARGE_VOLUME * film / at.reaction.consumed_volume
    section = LITHIUM_CHARGE_VOLUME * charge * s["pitch"]
    modulus = np.full_like(section, at.modulus)
    return np.asarray(crack_depth(section, s["toughness"], modulus, at.poisson_ratio, consumed))


def wall_stress(s: Samples, speed: FloatArray, temperature: float) -> FloatArray:
    """Shear stress (Pa) at the walls of a slot whose plug moves at a speed (m/s), bulk strength to that of pillars.

    Parameters
    ----------
    s
        'slot_width', 'creep_resistance' and 'size_effect' are used.
    speed
        u (m/s).
    temperature
        T (K).
    """
    width = s["slot_width"]
    bulk = plug_wall_stress(speed, width, LITHIUM_CREEP, temperature)
    bulk = bulk * s["creep_resistance"] / LITHIUM_CREEP.resistance  # stress is proportional to the resistance
    pillar = SMALL_LITHIUM_STRENGTH * (width / MICROMETRE) ** SMALL_LITHIUM_EXPONENT
    # uniaxial strength is sqrt(3) times that in shear
    return np.asarray(bulk * np.maximum(pillar / (np.sqrt(3.0) * bulk), 1.0) ** s["size_effect"])


def circuit_resistance(s: Samples, temperature: float) -> FloatArray:
    """R_ct + L/sigma (Ohm m^2): what lies between the foil and the tip, for plating and for the galvanic current."""
    transfer = charge_transfer_resistance(s["exchange_current"], temperature)
    return np.asarray(transfer + s["layer_thickness"] / s["conductivity"])


def with_volume_error(s: Samples, reaction: ReactionPerCharge) -> ReactionPerCharge:
    """The reaction with its dV/V0 shifted by the sample's error."""
    swelling = reaction.swelling + s["volume_error"] * reaction.consumed_volume
    return reaction._replace(swelling=swelling)  # type: ignore[arg-type]


def pressure_with_film(
    s: Samples, stall: FloatArray, film: FloatArray, circuit: FloatArray, reaction: ReactionPerCharge
) -> FloatArray:
    """Pressure (Pa) at which what swells dissolves as much lithium; not below zero.

    With the circuit's resistance r in the way, a film conducts electrons as one of the conductivity x/(x/sigma_e + r).

    Parameters
    ----------
    s
        'electronic_conductivity' and 'ionic_conductivity' are used.
    stall
        (F/v_m) eta of the tip (Pa).
    film
        x (m).
    circuit
        r (Ohm m^2).
    reaction
        Voltage and volumes per charge.
    """
    effective = film / (film / s["electronic_conductivity"] + circuit)
    eta = LITHIUM_CHARGE_VOLUME * stall
    return np.asarray(np.maximum(swelling_pressure(eta, effective / s["ionic_conductivity"], reaction), 0.0))


def current_of_extrusion(s: Samples, number: FloatArray, at: Conditions) -> FloatArray:
    """Current density (A/m^2) with N_s = 1: N_s goes as i^((1-q)/n - 1) with the size effect q.

    Parameters
    ----------
    s
        'size_effect' is used.
    number
        N_s at the current of ``at``.
    at
        Conditions.
    """
    power = 1.0 - (1.0 - s["size_effect"]) / LITHIUM_CREEP.exponent
    return np.asarray(at.current * number ** (1.0 / power))
