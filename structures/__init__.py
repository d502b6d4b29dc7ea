"""Which crystals: disordered parents, their symmetry-distinct orderings, ranked by electrostatics, relaxed.

The public names are listed, with their types, in ``__init__.pyi``; each is loaded when it is first asked for.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
