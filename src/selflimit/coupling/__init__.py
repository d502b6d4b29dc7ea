"""Where atoms and continuum meet: products that agree with the constriction by their own surroundings."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
