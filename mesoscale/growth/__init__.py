"""A growth as a run: schedules of potential and current, start, checkpoints, guards, documents."""
