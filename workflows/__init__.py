"""Run it, find it again: jobs, flows, stores and results."""
