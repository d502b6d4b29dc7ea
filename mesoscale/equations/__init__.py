"""The equations of the growth: front, surface tension, electrochemistry, terms, and one time step of all together."""
