"""Readers of data sets, a file each: they give the examples of one. `data/collect.py` lists them."""
