"""How errors of energies and volumes spread to boundaries, thresholds and products."""
