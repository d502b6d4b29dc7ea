"""Griffe extension of the documentation site: examples (``>>>``) in docstrings are shown as Python sessions."""

from typing import Any

import griffe


class FencedExamples(griffe.Extension):
    """Fences examples, which would otherwise be read as Markdown, where ``[a][b]`` is a link."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Fence the examples of one object's docstring."""
        if obj.docstring is not None:
            obj.docstring.value = fence(obj.docstring.value)


def fence(text: str) -> str:
    """Fence every run of lines that begins with ``>>>`` and ends at an empty line.

    >>> fence("Add.\\n\\n>>> 1 + 1\\n2\\n\\nMore.").splitlines()
    ['Add.', '', '```pycon', '>>> 1 + 1', '2', '```', '', 'More.']
    """
    lines: list[str] = []
    is_open = False
    for line in text.splitlines():
        if not is_open and line.lstrip().startswith(">>>"):
            is_open = True
            indent = line[: len(line) - len(line.lstrip())]
            lines.append(f"{indent}```pycon")
        elif is_open and not line.strip():
            lines.append(f"{indent}```")
            is_open = False
        lines.append(line)
    return "\n".join([*lines, f"{indent}```"] if is_open else lines)
