"""Folders of any size: every photo of a tree colorized into a tree of the same shape, in as many runs as it takes."""
