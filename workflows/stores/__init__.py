"""Stores: opening, retrying, files in pieces, copying, queries."""
