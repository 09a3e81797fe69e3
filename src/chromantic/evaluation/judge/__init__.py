"""Segmenters of colour photos, and what they see in colorized ones."""
