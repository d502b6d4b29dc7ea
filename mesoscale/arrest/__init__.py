"""What stops a dendrite at C = 1, the thermodynamic stress term: current control, flowing lithium, a film, a crack."""
