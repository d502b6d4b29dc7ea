"""Results as frozen documents with units: what the stages hand on, and what the store keeps.

Every document carries ``schema_version`` and ``package_version``; NaN and infinities are refused. A field that may be
``None`` says in its description what its absence means. The names are listed in ``__init__.pyi``; each is loaded when
it is first asked for.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
