"""How the growth stops: phase-field growth of lithium and the stress at the self-limiting interface."""
