"""Photos to train on and to measure: their collections, their labels, the cache they are packed into, and batches."""
