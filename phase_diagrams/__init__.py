"""Which phases are stable: mechanically constrained phase diagrams against voltage and effective bulk modulus."""
