"""Particle layers on the grid: packings, images, needles of lithium to begin with."""
