"""Static pictures that belong to no single stage: the closed loop, and the paper's simulations."""
