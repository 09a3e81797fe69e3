"""The commands of the naturalness study."""

import json
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from chromantic.cli.program import app, print_table
from chromantic.options import Whole

study = App(name="study", help="Ask people how natural pictures look (the paper's Table 4).")
app.command(study)
StudyFile = Annotated[Path, Parameter(help="The study, a .sqlite file.")]


@study.command
def new(
    file: StudyFile,
    *,
    originals: Annotated[Path, Parameter(help="Folder of the photos in their own colours.")],
    systems: Annotated[
        tuple[Path, ...], Parameter("--system", help="Folder of a system's results, named like it; may be repeated.")
    ],
    seed: Annotated[Whole, Parameter(help="Fixes the orders in which people see the pictures.")] = 0,
) -> None:
    """Put the pictures of a study into one file."""
    from chromantic.study.create import create_study

    photos, pictures = create_study(file, originals, systems, seed)
    print(f"{file}: {photos} photos, {pictures} pictures")


@study.command
def serve(
    file: StudyFile,
    *,
    port: Annotated[Whole, Parameter(help="Port of the page, on this machine alone.")] = 8000,
) -> None:
    """Show a study's page to people until interrupted."""
    from chromantic.study.site import serve_study

    serve_study(file, port, lambda url: print(f"{url} (stop with Ctrl-C)", flush=True))


@study.command
def report(
    file: StudyFile, *, as_json: Annotated[bool, Parameter("--json", help="Print JSON, not a table.")] = False
) -> None:
    """Show how natural people find each system, with Wilson intervals."""
    from chromantic.study.naturalness import report_study

    result = report_study(file)
    if as_json:
        print(json.dumps(result.to_json(), indent=2))
    else:
        print_table(result.table())
