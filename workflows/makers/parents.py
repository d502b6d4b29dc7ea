"""The disordered crystal that a run is about."""

from selflimit.run_settings import RunConfiguration
from selflimit.structures.parents.by_name import parent_named
from selflimit.structures.parents.parents import Parent


def read_parent(settings: RunConfiguration) -> Parent:
    """The disordered crystal that a run is about; errors as :func:`parent_named`."""
    pools = [list(pool) for pool in settings.pools]
    occupied = {site: dict(species) for site, species in settings.occupied.items()}
    charges, within = dict(settings.charges), settings.exclude_within
    return parent_named(settings.parent, pools, charges, occupied, settings.symprec, within)
