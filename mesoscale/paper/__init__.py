"""Simulations of the paper as presets, and its published values."""
