"""A local page for daily use: slide K_eff and voltage, and watch window, reaction and strain."""
