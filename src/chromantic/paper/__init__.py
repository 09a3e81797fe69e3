"""The paper's experiments, one file each: `chromantic reproduce` runs them and writes one report."""
