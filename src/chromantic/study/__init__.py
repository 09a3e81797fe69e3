"""A study of how natural people find pictures (the paper's Table 4): made, shown on a local web page, reported."""
