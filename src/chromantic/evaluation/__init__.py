"""Measures of a model, one a file, and the protocol under which they are taken."""
