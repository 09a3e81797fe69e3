"""Colour as numbers: CIE Lab, a faded print's levels, and chroma enlarged to a photo's size."""
