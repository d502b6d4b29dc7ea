"""The lowest orderings where an enumeration would never end: simulated annealing, and a bound of what it misses."""
