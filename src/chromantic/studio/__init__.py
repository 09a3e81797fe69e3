"""Colorizing in a browser and by REST: a page and a service of one process, on this machine."""
