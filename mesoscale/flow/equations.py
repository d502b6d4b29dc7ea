"""Growth with lithium that flows: the single-ion conductor with contacts, the pressure on them, and their product.

Lithium that meets a closed phase has no room there. What is plated at such a contact, and what a product swells by,
goes under pressure and creeps through the slots of the layer: back to the foil, or into space that is still free, where
it moves the front. Pressure takes P v_m/(nF) from the drive of contacts and front, C = 1. No elastic stress is solved.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from selflimit.arrays import BoolArray, FloatArray
from selflimit.isotropic import Isotropic
from selflimit.mesoscale.bridge import ReactionPerCharge
from selflimit.mesoscale.equations import electrochemistry as ec
from selflimit.mesoscale.equations.single_ion import SingleIonEquations
from selflimit.mesoscale.equations.state import ContactState, Effort, Mechanics, State
from selflimit.mesoscale.equations.step_length import Difference
from selflimit.mesoscale.equations.time_step import STEERED, Sweep
from selflimit.mesoscale.flow.advance import spread_advance
from selflimit.mesoscale.flow.contacts import ContactAreas, compressed_share, contact_areas, contact_current
from selflimit.mesoscale.flow.coupled import Contacts, CoupledFields
from selflimit.mesoscale.flow.film import film_step, no_film
from selflimit.mesoscale.flow.network import LithiumNetwork, volume_per_charge, work_per_pressure
from selflimit.mesoscale.flow.product_zone import film_modulus, product_zone
from selflimit.mesoscale.flow.products import added_products, have_changed
from selflimit.mesoscale.flow.settings import FilmConditions, LithiumFlow, ProductFilm

UNTOUCHED = 1e-6
"""Share of a contact's area that lithium covers below which there is no contact yet."""


@dataclass(frozen=True)
class FlowEquations(SingleIonEquations):
    """The equations of a single-ion conductor with lithium that flows.

    Attributes
    ----------
    flow
        Slots, stack pressure, creep, and the product at the contact.
    """

    flow: LithiumFlow = field(default_factory=LithiumFlow)

    @property
    def film(self) -> ProductFilm | None:
        """The product; None: nothing reacts."""
        return self.flow.film

    @cached_property
    def network(self) -> LithiumNetwork:
        """The lithium that can flow."""
        return LithiumNetwork(self.parameters, self.microstructure, self.front, self.flow)

    @cached_property
    def areas(self) -> ContactAreas:
        """Contacts with what lithium cannot enter."""
        return contact_areas(self.microstructure)

    @property
    def charge_per_volume(self) -> float:
        """n F c_s (C/m^3)."""
        return 1.0 / volume_per_charge(self.parameters)

    def initial_state(self, xi: FloatArray, time: float, effort: Effort, c: FloatArray | None = None) -> State:
        """State of order parameter ``xi`` before any growth: no film, no pressure but the stack's on the foil."""
        state = super().initial_state(xi, time, effort, c)
        first = 0.0 if self.film is None else self.film.first_thickness
        film = np.where(self.areas.electrolyte > 0.0, first, 0.0)
        pressure = np.where(self.network.foil & self.network.taken(xi), self.flow.stack_pressure, 0.0)
        contacts = ContactState(pressure, film, np.zeros_like(xi), np.zeros_like(xi))
        return replace(state, contacts=self._with_products(xi, state.phi, contacts))

    def conductivity(self, xi: FloatArray) -> FloatArray:
        """Ionic conductivity per cell (S/m); a closed phase conducts in all of its cells, whatever lies on it."""
        covered, share = super().conductivity(xi), self.microstructure.open_share
        if share is None:
            return covered
        bare = super().conductivity(np.zeros_like(xi))
        return np.where(share == 1.0, covered, bare - share * (bare - covered))

    def _mechanics(self, xi: FloatArray, guess: FloatArray, near: FloatArray) -> Mechanics:
        """No elastic stress."""
        return Mechanics(np.zeros(0), np.zeros(self.microstructure.grid.shape), 0)

    def _restressed(self, sweep: Sweep, effort: Effort) -> Sweep:
        """The pressure belongs to the sweep already."""
        return sweep

    def _predicted(self, state: State, end: float, effort: Effort) -> Sweep:
        return super()._predicted(state, end, effort)._replace(contacts=state.contacts)

    def reaction(self, state: State) -> ReactionPerCharge | None:
        """The reaction of the film in a step after ``state``; None without a film."""
        found = None if state.contacts is None else state.contacts.assemblage
        return None if found is None else ReactionPerCharge(found.voltage, found.consumed_volume, found.swelling)

    def _asked(self, xi: FloatArray, phi: FloatArray, contacts: ContactState) -> FilmConditions:
        """Conditions at the contact: means over what lithium touches."""
        covered, grid = self.areas.electrolyte * ec.switch(xi), self.microstructure.grid
        surface, touched = float(self.areas.electrolyte.sum()), float(covered.sum())
        weight = max(touched, 1e-300)

        def k_eff(products: Isotropic) -> float:
            # a film thinner than a cell swells as one of a cell does, whose surroundings are the same
            at_least = np.maximum(contacts.film, grid.spacing)
            zone = product_zone(grid, self.microstructure.electrolyte, covered > 0.5 * self.areas.electrolyte, at_least)
            return film_modulus(grid, *self._lame(xi), zone, products)

        return FilmConditions(
            # where it plates the electrolyte is at 0 V against lithium, where it dissolves a little above
            voltage=max(float((covered * phi).sum()) / weight, 0.0),
            thickness=float((covered * contacts.film).sum()) / weight,
            pressure=float((covered * contacts.pressure).sum()) / weight,
            contact=touched / surface if surface > 0.0 else 0.0,
            k_eff=k_eff,
        )

    def _with_products(self, xi: FloatArray, phi: FloatArray, contacts: ContactState) -> ContactState:
        """The contacts with the products of these conditions, if they are no longer those that were asked for."""
        if self.film is None:
            return contacts
        asked = self._asked(xi, phi, contacts)
        if contacts.assemblage is not None and not have_changed(contacts.assemblage, asked):
            return contacts
        return contacts._replace(assemblage=self.film.reaction.react(asked))

    def _currents(
        self, before: ContactState, xi: FloatArray, reaction: ReactionPerCharge | None, dt: float
    ) -> Callable[[FloatArray, FloatArray], Contacts]:
        """The contacts' currents for flat psi and work (V), over a step of length ``dt`` (s)."""
        p, covered = self.parameters, ec.switch(xi).ravel()
        electrolyte, coarse = (area.ravel() for area in self.areas)
        per_work, volume = 1.0 / work_per_pressure(p), volume_per_charge(p)
        correction, film = p.mechanical_correction, before.film.ravel()
        resistance = np.zeros_like(film) if self.film is None else film / self.film.ionic_conductivity

        def currents(psi: FloatArray, work: FloatArray) -> Contacts:
            drive = -psi - correction * work
            met = [contact_current(p, drive, r) for r in (resistance, np.zeros_like(film))]
            area = (electrolyte * covered, coarse * covered)
            j = sum(a * one.density for a, one in zip(area, met, strict=True))
            slope = sum(a * one.slope for a, one in zip(area, met, strict=True))
            held, held_slope = compressed_share(p, work * per_work)
            # plating needs no lithium that is there; dissolution takes it out of the compressed one
            share = np.where(drive < 0.0, held, 1.0)
            share_slope = np.where(drive < 0.0, held_slope * per_work, 0.0)
            reacts = no_film(film)
            swelling = 0.0
            if self.film is not None and reaction is not None:
                reacts = film_step(self.film, reaction, film, -psi, covered, dt)
                swelling = reaction.swelling
            into = electrolyte * reacts.density
            into_slope = electrolyte * reacts.slope
            by_work = correction * share * slope - j * share_slope
            plated = volume * share * j
            return Contacts(
                charge=share * j + into,
                by_potential=share * slope + into_slope,
                by_work=by_work,
                volume=plated + swelling * into,
                volume_by_potential=volume * share * slope + swelling * into_slope,
                volume_by_work=volume * by_work,
                plated=plated,
                film=reacts,
            )

        return currents

    def _retreat(self, xi: FloatArray, psi: FloatArray, before: ContactState) -> tuple[FloatArray, FloatArray]:
        """Rate of xi (1/s) where lithium dissolves at a contact that has no pressure left, and its fall with psi."""
        p = self.parameters
        work = before.pressure * work_per_pressure(p)
        drive = -psi - p.mechanical_correction * work
        resistance = 0.0 * xi if self.film is None else before.film / self.film.ionic_conductivity
        rate, fall = np.zeros_like(xi), np.zeros_like(xi)
        per_volume = ec.switch(xi) / (self.charge_per_volume * self.microstructure.grid.node_volumes())
        relieved = np.where(drive < 0.0, 1.0 - compressed_share(p, before.pressure)[0], 0.0)
        for area, r in ((self.areas.electrolyte, resistance), (self.areas.coarse, 0.0 * xi)):
            met = contact_current(p, drive, r)
            rate += area * per_volume * relieved * met.density
            fall += area * per_volume * relieved * met.slope
        return rate, fall

    def _sweep(
        self,
        state: State,
        last: Sweep,
        seen: FloatArray,
        difference: Difference,
        load: FloatArray,
        dt: float,
        effort: Effort,
        metal: float | None,
    ) -> Sweep:
        """Once through the equations; potential and pressure are solved together, the growth linearised in psi."""
        begun, known = state.contacts, last.contacts
        assert begun is not None and known is not None
        if self._is_untouched(begun, last.now.xi):
            # what passed at contacts that were lost since is no lithium of the front
            own = metal if metal is None else metal - begun.elsewhere
            return super()._sweep(state, last, seen, difference, load, dt, effort, own)
        effort.sweeps += 1
        n, p, grid, phi = self.numerics, self.parameters, self.microstructure.grid, last.now.phi
        (c, slowing, *lagged), (base, h, _) = seen, difference
        eta = phi + slowing / (p.transfer_coefficient * p.inverse_thermal_voltage)
        charge = self._charge(eta, last.now.xi)
        retreat, retreat_fall = self._retreat(last.now.xi, phi, known)
        advance = spread_advance(self.front, last.now.xi, begun.entering)
        # a difference over two steps repeats a part of what the step before moved
        pushed = (advance - repeated(state, dt, difference) * begun.advance) / h
        load = sum((moved / dt for moved in lagged), load) + retreat + pushed
        moved = self.front.step(base, c, charge, load, h, STEERED * n.newton_tolerance, last.now.xi)
        effort.newton += moved.newton
        fall = self._aim(0.0, eta, c, moved.xi, h / dt).fall + (h / dt) * retreat_fall
        rate, taken = (moved.xi - state.xi) / dt, self.network.taken(moved.xi)
        reaction = self.reaction(state)
        fields = self._fields(begun, phi, moved.xi, taken, rate - advance / dt, fall, reaction, dt)
        _, far = ec.ends(grid)
        held = state.overpotential if metal is None else float(phi.flat[-1])
        wanted = None
        if metal is not None:
            wanted = (metal - grid.integrate(state.xi) - begun.elsewhere) * self.charge_per_volume / dt
        work = work_per_pressure(p) * np.where(self.network.foil, self.flow.stack_pressure, known.pressure) * taken
        psi, work, at = fields.solve(np.where(far, held, phi).ravel(), work.ravel(), wanted, self.one)
        effort.multigrid += 1
        psi = psi.reshape(grid.nodes)
        contacts = self._contacts(begun, fields, work, at, reaction, dt)
        applied = float((advance * grid.node_volumes()).sum())
        passed = dt * float(at.charge.sum()) / self.charge_per_volume - applied
        now = last.now._replace(xi=state.xi + dt * (rate - fall * (psi - phi)), phi=psi)
        found = float(psi.flat[-1])
        return last._replace(
            now=now,
            contacts=contacts._replace(elsewhere=begun.elsewhere + passed, advance=advance),
            mechanics=Mechanics(np.zeros(0), -grid.to_cells(contacts.pressure), 0),
            overpotential=found,
            shift=0.0 if metal is None else found - held,
        )

    @property
    def one(self) -> float:
        """Current (A per m of depth; A in 3-D) of 1 A/m^2."""
        return float(np.prod(self.microstructure.grid.size[:-1]))

    def _is_untouched(self, begun: ContactState, xi: FloatArray) -> bool:
        """Whether nothing is under pressure and no contact is made: then it is a single-ion conductor alone."""
        if self.flow.stack_pressure > 0.0 or any(
            field.any() for field in (begun.pressure, begun.entering, begun.advance)
        ):
            return False
        return float(np.max(ec.switch(xi), where=self.areas.total > 0.0, initial=0.0)) < UNTOUCHED

    def _fields(
        self,
        begun: ContactState,
        phi: FloatArray,
        xi: FloatArray,
        taken: BoolArray,
        reacting: FloatArray,
        fall: FloatArray,
        reaction: ReactionPerCharge | None,
        dt: float,
    ) -> CoupledFields:
        """Potential and pressure of one sweep.

        Parameters
        ----------
        begun
            Pressure and film at the beginning of the step.
        phi
            psi of the last sweep (V).
        xi, taken
            Front, and what lithium has taken.
        reacting, fall
            Growth by reaction at ``phi`` (1/s), and what it falls by per V (1/(s V)).
        reaction
            Of the film.
        dt
            Length of the step (s).
        """
        grid, network = self.microstructure.grid, self.network
        charge = self.charge_per_volume * grid.node_volumes()
        _, far = ec.ends(grid)
        unknown = taken & ~network.foil
        return CoupledFields(
            cells=network.corner_nodes,
            conductivity=self.conductivity(xi).ravel() * grid.spacing ** (grid.dimension - 2),
            grown=(charge * reacting).ravel(),
            falls=(charge * fall).ravel(),
            last=phi.ravel(),
            far=far.ravel(),
            lithium=np.flatnonzero(unknown),
            foil=np.flatnonzero(taken & network.foil),
            flow=network.elements(taken),
            storage=network.storage.ravel() / dt,
            before=work_per_pressure(self.parameters) * begun.pressure.ravel(),
            contacts=self._currents(begun, xi, reaction, dt),
        )

    def _contacts(
        self,
        begun: ContactState,
        fields: CoupledFields,
        work: FloatArray,
        at: Contacts,
        reaction: ReactionPerCharge | None,
        dt: float,
    ) -> ContactState:
        """Pressure, film and sums after the step.

        Parameters
        ----------
        begun
            At its beginning.
        fields, work, at
            The sweep's equations with their solution.
        reaction
            Of the film.
        dt
            Length of the step (s).
        """
        shape, area = self.microstructure.grid.nodes, self.areas.electrolyte.ravel()
        parts = fields.volumes(work, at)
        charge = dt * float((area * at.film.density).sum())
        reacted = 0.0 if reaction is None else charge * reaction.consumed_volume
        return begun._replace(
            pressure=(work / work_per_pressure(self.parameters)).reshape(shape),
            film=at.film.thickness.reshape(shape) if self.film is not None else begun.film,
            entering=dt * parts.entering.reshape(shape),
            plated=begun.plated + dt * float(at.plated.sum()),
            swollen=begun.swollen + dt * float((at.volume - at.plated).sum()),
            reacted=begun.reacted + reacted,
            extruded=begun.extruded + dt * parts.extruded,
            advanced=begun.advanced + dt * float(parts.entering.sum()),
            unbalanced=begun.unbalanced + dt * parts.lost,
            reaction_charge=begun.reaction_charge + charge,
            made=added_products(begun, reacted),
        )

    def _next_state(self, state: State, sweep: Sweep, dt: float) -> State:
        """The state with its contacts; what they took is part of the balances."""
        new, begun, now = super()._next_state(state, sweep, dt), state.contacts, sweep.contacts
        assert begun is not None and now is not None
        passed = self.charge_per_volume * (now.elsewhere - begun.elsewhere)
        ratio = self.parameters.metal_site_density / self.parameters.bulk_concentration
        return replace(
            new,
            contacts=self._with_products(new.xi, new.phi, now),
            charge_imbalance=new.charge_imbalance - passed,
            lithium_imbalance=ratio * now.unbalanced,
            asked=new.asked + float(begun.entering.sum()),
        )


def repeated(state: State, dt: float, difference: Difference) -> float:
    """Share of the last step's growth that a step of ``dt`` (s) repeats without any rate: (base - xi_0)/(xi_0 - xi_1).

    Parameters
    ----------
    state
        Before the step.
    dt
        Length of the step (s).
    difference
        Its difference formula.
    """
    if difference.order == 1:
        return 0.0
    r = dt / (state.past[0].time - state.past[1].time)
    return r**2 / (1.0 + 2.0 * r)
