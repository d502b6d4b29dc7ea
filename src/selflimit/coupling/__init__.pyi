from .closed_loop import close_loop
from .film_loop import FilmLoop
from .pressure_spread import spread_pressure
from .reaction_zone import ReactionZone

__all__ = ["FilmLoop", "ReactionZone", "close_loop", "spread_pressure"]
