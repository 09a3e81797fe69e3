"""Chromantic colorizes grey photographs by understanding what is in them."""

__version__ = "0.1.0"
