"""Measures, one a file; `chromantic.evaluation.protocol` lists those that are taken of every colourful photo."""
