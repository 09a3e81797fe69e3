"""How Sphinx makes the documentation: `make docs`."""

import sys
from pathlib import Path

from chromantic import __version__

sys.path.insert(0, str(Path(__file__).parent))  # for config_keys.py

project = "Chromantic"
author = "The Chromantic authors"
copyright = author
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "cyclopts.ext.sphinx", "config_keys"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["extend/*.py"]

smartquotes = False  # --options keep their hyphens

html_theme = "furo"
html_title = "Chromantic"
html_copy_source = False

myst_heading_anchors = 4
myst_enable_extensions = ["deflist"]

default_role = "code"  # docstrings have their code in single backticks
autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
nitpick_ignore_regex = [("py:(class|data|obj)", ".*")]  # types in signatures, of other packages and of inner rooms
