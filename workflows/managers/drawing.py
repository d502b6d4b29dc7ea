"""A flow drawn: Mermaid text, or an SVG picture by a layered layout (Sugiyama et al., doi:10.1109/TSMC.1981.4308636).

Arrows that follow from others are left out (transitive reduction); dashed ones lead to jobs that a job made itself.
"""

import html
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import networkx as nx

from selflimit.workflows.managers.status import FlowStatus, JobStatus

WIDTH, HEIGHT = 168.0, 38.0
"""Box of a job (px)."""

ACROSS, DOWN = 52.0, 12.0
"""Gaps between columns and between boxes (px)."""

MARGIN, HEADING = 20.0, 44.0
"""Around the drawing, and for the title (px)."""

SWEEPS = 12
"""Passes that order and then align the columns; more change nothing on flows of a hundred jobs."""

FILLS = {
    "COMPLETED": "#d3ecd0",
    "RUNNING": "#cfe3f7",
    "READY": "#fff3c4",
    "WAITING": "#f2f2f2",
    "FAILED": "#f6c6c0",
    "REMOTE_ERROR": "#f6c6c0",
}
"""Colour of a box by state; the state is written in it as well."""

ON_THEIR_WAY = "#cfe3f7"
"""Colour of the manager's other states: handed to a worker, not yet back."""


def graph_of(flow: FlowStatus) -> nx.DiGraph:
    """Jobs as nodes with attribute ``job``, dependences as edges; ``made`` marks those from a job to jobs it made."""
    graph = nx.DiGraph()
    for job in flow.jobs:
        graph.add_node(job.key, job=job)
    siblings = {job.key: job.creator for job in flow.jobs}
    for job in flow.jobs:
        parents = [parent for parent in job.parents if parent in siblings]
        graph.add_edges_from(((parent, job.key) for parent in parents), made=False)
        if job.creator in siblings and not any(siblings[parent] == job.creator for parent in parents):
            graph.add_edge(job.creator, job.key, made=True)
    reduced = nx.transitive_reduction(graph)
    graph.remove_edges_from([edge for edge in graph.edges if edge not in reduced.edges])
    return graph


def write_mermaid(flow: FlowStatus) -> str:
    """The flow as Mermaid text, for GitHub, notebooks and https://mermaid.live."""
    graph = graph_of(flow)
    number = {key: f"j{index}" for index, key in enumerate(graph)}
    states = sorted({job.state for job in flow.jobs})
    lines = ["flowchart LR"]
    lines += [f"  classDef {state} fill:{_fill(state)},stroke:#555,color:#111" for state in states]
    lines += [f'  {number[job.key]}["{_escaped(job.name)}<br/>{_caption(job)}"]:::{job.state}' for job in flow.jobs]
    for parent, child, made in graph.edges(data="made"):
        lines.append(f"  {number[parent]} {'-.->' if made else '-->'} {number[child]}")
    return "\n".join(lines) + "\n"


def draw_svg(flow: FlowStatus) -> str:
    """The flow as an SVG picture, columns from left to right."""
    graph = graph_of(flow)
    layout = Layout.of(graph)
    width, height = layout.size()
    title = f"{flow.name}: {flow.count('COMPLETED')} of {len(flow.jobs)} jobs completed, {flow.state.lower()}"
    edges = (_arrow(layout, path, graph.edges[path[0], path[-1]]["made"]) for path in layout.paths)
    boxes = (_box(layout, job) for job in flow.jobs)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="system-ui, sans-serif">\n'
        f"<title>{_escaped(title)}</title>\n"
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0,0L8,4L0,8z" fill="#777"/></marker></defs>\n'
        '<rect width="100%" height="100%" fill="#fff"/>\n'
        f'<text x="{MARGIN:.0f}" y="{MARGIN + 10:.0f}" font-size="15" font-weight="600">{_escaped(title)}</text>\n'
        f"{''.join(edges)}{''.join(boxes)}</svg>\n"
    )


@dataclass(frozen=True)
class Layout:
    """Where the jobs are: ``columns`` of nodes from top to bottom, ``height`` of centres (px), ``paths`` of edges.

    An edge that passes columns has a node of its own in each, so that it goes between the boxes: a tuple.
    """

    columns: list[list[object]]
    height: dict[object, float]
    paths: list[list[object]]

    @classmethod
    def of(cls, graph: nx.DiGraph) -> "Layout":
        """Columns by longest path, their order by barycentres, heights by the mean of the neighbours."""
        column = _column_of(graph)
        paths = [
            [parent, *((parent, child, i) for i in range(column[parent] + 1, column[child])), child]
            for parent, child in graph.edges
        ]
        columns: list[list[object]] = [[] for _ in range(1 + max(column.values(), default=0))]
        for key, number in column.items():
            columns[number].append(key)
        for path in paths:
            for node in path[1:-1]:
                columns[node[2]].append(node)
        links = nx.Graph()
        links.add_nodes_from(node for nodes in columns for node in nodes)
        links.add_edges_from(step for path in paths for step in pairwise(path))
        return cls(columns, _heights(columns, links), paths)

    def left(self, node: object) -> float:
        """Left side of a node's column (px)."""
        return MARGIN + next(i for i, nodes in enumerate(self.columns) if node in nodes) * (WIDTH + ACROSS)

    def size(self) -> tuple[float, float]:
        """Width and height of the picture (px)."""
        lowest = max(self.height.values(), default=0.0)
        width = 2 * MARGIN + len(self.columns) * (WIDTH + ACROSS) - ACROSS
        return max(width, 480.0), lowest + HEIGHT / 2 + MARGIN


def _column_of(graph: nx.DiGraph) -> dict[str, int]:
    """Longest path from a root; then each job that takes no more than it gives moves towards its children.

    That shortens the arrows: a step to the right lengthens those that come in and shortens those that go out.
    """
    column = {key: number for number, keys in enumerate(nx.topological_generations(graph)) for key in keys}
    for key in reversed(list(nx.topological_sort(graph))):
        if graph.out_degree(key) >= graph.in_degree(key):
            column[key] = min((column[child] - 1 for child in graph.successors(key)), default=column[key])
    return column


def _heights(columns: list[list[object]], links: nx.Graph) -> dict[object, float]:
    """Sort each column by the mean place of its neighbours, then let each node move towards the mean height of them."""
    height = {node: float(place) for nodes in columns for place, node in enumerate(nodes)}

    def wanted(node: object) -> float:
        near = [height[other] for other in links[node]]
        return sum(near) / len(near) if near else height[node]

    for sweep in range(SWEEPS):
        for nodes in columns if sweep % 2 == 0 else reversed(columns):
            nodes.sort(key=wanted)
            height.update({node: float(place) for place, node in enumerate(nodes)})
    for nodes in columns:
        height.update(_stacked(nodes, lambda node: 0.0))
    for sweep in range(SWEEPS):
        for nodes in columns if sweep % 2 == 0 else reversed(columns):
            height.update(_stacked(nodes, wanted))
    top = min(height.values(), default=0.0) - HEIGHT / 2 - MARGIN - HEADING
    return {node: place - top for node, place in height.items()}


def _stacked(nodes: list[object], wanted: Callable[[object], float]) -> dict[object, float]:
    """Heights in the given order, without overlap, as near to the wanted ones as one shift of the column allows."""
    goals, placed = [wanted(node) for node in nodes], list[float]()
    for goal, (above, node) in zip(goals, pairwise([None, *nodes]), strict=True):
        floor = placed[-1] + (_extent(above) + _extent(node)) / 2 + DOWN if placed else goal
        placed.append(max(goal, floor))
    shift = sum(goal - place for goal, place in zip(goals, placed, strict=True)) / max(1, len(nodes))
    return {node: place + shift for node, place in zip(nodes, placed, strict=True)}


def _extent(node: object) -> float:
    """Height of a node (px): a box, or the line of an edge that passes."""
    return 0.0 if isinstance(node, tuple) else HEIGHT


def _arrow(layout: Layout, path: list[object], made: bool) -> str:
    """A line from box to box, level where it passes a column."""
    drawn = list[str]()
    for here, there in pairwise(path):
        x0, y0, x1, y1 = layout.left(here) + WIDTH, layout.height[here], layout.left(there), layout.height[there]
        bend = (x0 + x1) / 2
        level = f"L{x1 + WIDTH:.1f},{y1:.1f}" if isinstance(there, tuple) else ""
        start = "" if drawn else f"M{x0:.1f},{y0:.1f}"
        drawn.append(f"{start}C{bend:.1f},{y0:.1f} {bend:.1f},{y1:.1f} {x1:.1f},{y1:.1f}{level}")
    dashes = ' stroke-dasharray="5 4"' if made else ""
    return f'<path d="{"".join(drawn)}" fill="none" stroke="#777"{dashes} marker-end="url(#tip)"/>\n'


def _box(layout: Layout, job: JobStatus) -> str:
    x, y = layout.left(job.key), layout.height[job.key] - HEIGHT / 2
    name = job.name if len(job.name) <= 26 else job.name[:25] + "…"
    return (
        f'<g><title>{_escaped(job.name)} {job.key}</title><rect x="{x:.1f}" y="{y:.1f}" width="{WIDTH:.0f}" '
        f'height="{HEIGHT:.0f}" rx="5" fill="{_fill(job.state)}" stroke="#555"/>'
        f'<text x="{x + 8:.1f}" y="{y + 16:.1f}" font-size="12" fill="#111">{_escaped(name)}</text>'
        f'<text x="{x + 8:.1f}" y="{y + 30:.1f}" font-size="10" fill="#444">{_escaped(_caption(job))}</text></g>\n'
    )


def _caption(job: JobStatus) -> str:
    """State, and run time where it is known."""
    took = "" if job.seconds is None else f", {job.seconds:.0f} s"
    return job.state.lower().replace("_", " ") + took


def _fill(state: str) -> str:
    return FILLS.get(state, ON_THEIR_WAY)


def _escaped(text: str) -> str:
    return html.escape(text, quote=True)
