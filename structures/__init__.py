"""Which crystals: disordered parents, their symmetry-distinct orderings, and the electrostatic ranking."""
