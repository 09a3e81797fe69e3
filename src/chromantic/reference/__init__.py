"""The network in torch: the reference of the exported one, the samplers' definitions, and what exports it."""
