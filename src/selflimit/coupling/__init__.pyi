from .closed_loop import close_loop
from .pressure_spread import spread_pressure
from .reaction_zone import ReactionZone

__all__ = ["ReactionZone", "close_loop", "spread_pressure"]
