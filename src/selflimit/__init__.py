"""selflimit: from disordered electrolyte crystals to the stress at a self-limiting lithium interface.

Four stages, one direction: ``selflimit.structures`` (which crystals), ``selflimit.phase_diagrams`` (which
phases are stable under constriction), ``selflimit.mesoscale`` (how the growth stops) and
``selflimit.workflows`` (run it, find it again). Importing this package loads none of them.
"""

__version__ = "0.1.0"
