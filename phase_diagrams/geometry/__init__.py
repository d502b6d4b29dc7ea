"""Envelopes of lines and planes, and the tilings that they make: exact critical values."""
