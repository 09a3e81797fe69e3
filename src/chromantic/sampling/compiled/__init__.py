"""The generator's loops over pixels, compiled by Numba: the sampler that `sample_chroma` uses on a CPU."""
