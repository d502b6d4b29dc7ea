"""The search behind the orderings: one walk over occupations, orderly by the symmetry group, compiled."""
