"""Training: the loop, its three losses, and what it keeps on disk."""
