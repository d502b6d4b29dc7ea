"""Symmetry-distinct orderings of a parent: cells, exact counts, lowest by electrostatics, samples, files."""
