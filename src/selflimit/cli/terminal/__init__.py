"""What a terminal offers in every verb: how much is said, defaults of a folder, tab completion."""
