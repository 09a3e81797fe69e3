"""Measuring colorizers: the protocol, its measures, and reports of them."""
