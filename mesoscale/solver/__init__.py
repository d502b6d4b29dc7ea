"""Matrix-free geometric multigrid for the scalar and the vector problems of the mesoscale."""
