"""Figures of diagrams, maps, bands and interfaces."""
