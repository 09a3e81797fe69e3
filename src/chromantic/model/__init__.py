"""The network of Pixelated Semantic Colorization: three named parts and their composition."""
