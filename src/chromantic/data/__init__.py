"""Readers of photo collections, the compact cache they are packed into, and the batches drawn from it."""
