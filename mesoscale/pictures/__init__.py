"""Figures, films, sections and VTK files of growths and stresses."""
