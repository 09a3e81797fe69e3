"""Readers of data sets: each gives the examples of one."""
