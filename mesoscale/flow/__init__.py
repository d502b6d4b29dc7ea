"""Lithium that flows: its pressure where it has no room, and the product where it touches a less stable electrolyte."""
