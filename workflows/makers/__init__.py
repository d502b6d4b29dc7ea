"""The Makers and their jobs: one module for each stage of the chain."""
