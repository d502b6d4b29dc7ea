"""Job managers: jobflow-remote and FireWorks, status, pictures of flows, fetching."""
