"""The command line: one module for each group of verbs; nothing heavy is imported before a verb is known."""
