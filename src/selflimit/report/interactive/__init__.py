"""Figures that a reader can point at, as Plotly draws them in the page: plain data, no server, no network."""
