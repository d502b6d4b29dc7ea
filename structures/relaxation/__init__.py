"""Crystals relaxed by a force field: cell and positions, elastic constants, duplicates, energies of orderings."""
