"""What pyproject.toml cannot say: README.md without the pictures and files that a package index does not have."""

import re
from pathlib import Path

from setuptools import setup

text = (Path(__file__).parent / "README.md").read_text()
text = re.sub(r"^!\[.*\]\((?!https:).+\)\n\n", "", text, flags=re.MULTILINE)
text = re.sub(r"\[([^]]+)\]\((?!https:).+?\)", r"\1", text)

setup(long_description=text, long_description_content_type="text/markdown")
