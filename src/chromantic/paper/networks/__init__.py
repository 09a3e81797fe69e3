"""Networks that the paper compares with, and how each is trained."""
