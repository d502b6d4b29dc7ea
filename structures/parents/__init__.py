"""Disordered parent crystals: read from a CIF or by name, their sites, occupancies and symmetry."""
