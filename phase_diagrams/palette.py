"""Colours of the figures: the palette of Okabe and Ito (2008), https://jfly.uni-koeln.de/color/, told apart by all."""

COLOURS = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#CC79A7", "#D55E00", "#0072B2", "#999999")
STABLE_COLOUR = "#FFFFFF"
"""Of the electrolyte itself."""
