"""Jinja2 templates beside the code of a package: what the package writes as HTML or SVG, with all text escaped."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
def templates_of(package: str, *filters: Callable[..., object]) -> "Environment":
    """The templates in the folder ``templates`` of ``package``; each function in ``filters`` is a filter by its name.

    >>> templates_of("selflimit.report").from_string("<p>{{ text }}</p>").render(text="a < b")
    '<p>a &lt; b</p>'
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined  # not needed by those who write no page

    made = Environment(
        loader=PackageLoader(package), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.filters.update({each.__name__: each for each in filters})
    return made
