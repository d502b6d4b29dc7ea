"""Where atoms and continuum meet: products that agree with the constriction by their own surroundings."""
