"""The phase-field model of the growing lithium: front, concentration, potential, time steps, checkpoints."""
