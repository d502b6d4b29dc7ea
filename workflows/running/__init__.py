"""Running flows on this machine: run folder, local runner, reuse of identical work, provenance."""
