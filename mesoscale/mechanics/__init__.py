"""Elasticity and plasticity: stress measures, static stress with products, effective modulus of the surroundings."""
