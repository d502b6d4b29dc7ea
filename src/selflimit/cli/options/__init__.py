"""Options of the command line, by theme. Nothing but argparse is imported here."""
