"""Pages, tables and figures for the reader: a run, a diagram, the growth, the verdict."""
