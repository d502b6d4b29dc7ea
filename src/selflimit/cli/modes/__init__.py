"""The ways of using a verb: what is carried out by which function, and which options apply."""
