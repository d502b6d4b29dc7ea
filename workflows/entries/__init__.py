"""Entries that were brought along: read from databases, kept in the store, found there again."""
