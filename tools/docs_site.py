"""Hooks of the documentation site: a reference page for each face, and links into the repository as plain text."""

import ast
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
FACES = {
    "structures": "which crystals",
    "phase_diagrams": "which phases are stable",
    "mesoscale": "how the growth stops",
    "workflows": "run it, find it again",
    "coupling": "where two stages meet",
    "documents": "results with units",
}
LINK = re.compile(r"(?<!!)\[([^\]!]+)\]\((?!https?:)([^)#:]+)(?:#[^)]*)?\)")


def exported(face: str) -> dict[str, str]:
    """Name -> where it is defined, of everything that a face exports."""
    stub = next(path for path in (ROOT / face, ROOT / "src/selflimit" / face) if (path / "__init__.pyi").exists())
    tree = ast.parse((stub / "__init__.pyi").read_text())
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    return {
        one.asname or one.name: f"selflimit.{face}.{node.module}.{one.name}" for node in imports for one in node.names
    }


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page for each face, and one for the five tasks."""
    pages = {"tasks": ("selflimit", "five daily tasks, one call each", {"tasks": "selflimit.tasks.daily"})}
    pages |= {face: (f"selflimit.{face}", said, exported(face)) for face, said in FACES.items()}
    for name, (title, said, members) in pages.items():
        body = "\n\n".join(f"::: {place}" for _, place in sorted(members.items()))
        files.append(File.generated(config, f"reference/{name}.md", content=f"# `{title}`: {said}\n\n{body}\n"))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Name files of the repository that are no pages instead of linking to them."""
    here = (ROOT / "docs" / page.file.src_uri).parent

    def plain(found: re.Match[str]) -> str:
        target = (here / found[2]).resolve()
        is_page = target.is_relative_to(ROOT / "docs") and target.is_file()
        return found[0] if is_page else f"{found[1]} (`{found[2].lstrip('./')}` in the repository)"

    return LINK.sub(plain, markdown)
