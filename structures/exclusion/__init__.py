"""Sites that cannot be filled at the same time: which ones, and in how many ways the others can be filled."""
