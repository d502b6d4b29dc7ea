"""How the surroundings resist: the linear, the elastic and the compressible functional, over voltage and K_eff."""
