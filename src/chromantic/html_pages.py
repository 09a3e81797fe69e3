"""Pages in HTML, from templates that escape what they are given."""

import jinja2


def templates(package: str) -> jinja2.Environment:
    """The templates in the folder `page` of a package. A name that a template is not given is an error."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader(package, "page"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
