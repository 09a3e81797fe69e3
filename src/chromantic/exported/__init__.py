"""Exported weights: the file, and the network that ONNX Runtime computes from it."""
