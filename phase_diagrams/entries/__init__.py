"""Entries with energies, volumes and bulk moduli, and where they come from."""
