"""The disordered crystal that a run is about."""

from selflimit.run_settings import RunConfiguration
from selflimit.structures.parents.by_name import parent_named
from selflimit.structures.parents.parents import Parent


def read_parent(settings: RunConfiguration) -> Parent:
    """The disordered crystal that a run is about; errors as :func:`parent_named`."""
    pools = [list(pool) for pool in settings.pools]
    occupied = {site: dict(species) for site, species in settings.occupied.items()}
    return parent_named(
        settings.parent,
        pools,
        dict(settings.charges),
        occupied,
        settings.symprec,
        settings.exclude_within,
        settings.max_deviation if settings.nearest else 0.0,
    )
