"""Segmenters of colour photos, and what they see in colorized ones: the paper's measure of meaningful colours."""
