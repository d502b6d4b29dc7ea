"""The verbs about entries: bringing them along, and reading what competes."""
