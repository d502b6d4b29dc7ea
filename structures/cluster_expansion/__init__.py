"""Energies of orderings learned from few relaxations: pair and triplet energies, and the loop that asks for more."""
