"""Runs of DFT codes: what their files and documents say of functional, potentials and convergence."""
