"""Commands that colorize photos in other ways: a tree of them, in a browser, on one sheet."""

import logging
import time
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from chromantic.cli.failures import Failures, find_photos
from chromantic.cli.program import Choices, Debug, Device, KeepDates, Model, Photos, Seed, app, check_output
from chromantic.errors import ChromanticError
from chromantic.options import Options, Whole
from chromantic.progress import progress
from chromantic.web.deployment import Deployment

_SHEET_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp")
_EXPECTED = Options()
_ALONE = Deployment()


@app.command
def archive(
    source: Annotated[Path, Parameter("IN", help="A folder of photos, with all its sub-folders.")],
    target: Annotated[Path, Parameter("OUT", help="A folder for the results and the manifest.")],
    /,
    *,
    workers: Annotated[Whole | None, Parameter(help="Photos at once; by default one a core.")] = None,
    watch: Annotated[bool, Parameter(help="Keep looking for new photos until interrupted.")] = False,
    keep_dates: KeepDates = False,
    exclude: Annotated[
        tuple[str, ...],
        Parameter(help="Pattern of names to pass over, such as 'small_*'; may be repeated."),
    ] = (),
    ray: Annotated[str | None, Parameter(help="Address of a Ray cluster that sees IN and OUT, or auto.")] = None,
    options: Choices = _EXPECTED,
    model: Model = "default",
    device: Device = "cpu",
    debug: Debug = False,
) -> int:
    """Colorize a folder with all its sub-folders; run it again to go on where it stopped.

    The exit code is 1 if photos failed. Each photo has one result: --samples 1 draws it, as --seed does.
    """
    if (options.samples or 1) > 1:
        raise ChromanticError(f"--samples {options.samples}: an archive has one result a photo; leave it out")
    if options.hints or options.strokes is not None or (options.keep is not None and not options.keeps_coloured):
        raise ChromanticError("--hint, --strokes, --keep MASK: are for one photo; leave them out of an archive")
    if ray:
        from chromantic.archive.address import check_address

        check_address(ray)

    from chromantic.archive.console import run_with_progress
    from chromantic.archive.job import Job

    logging.getLogger("chromantic.archive").setLevel(logging.DEBUG if debug else logging.NOTSET)
    job = Job(source, target, model, device, options, keep_dates, exclude)
    return run_with_progress(job, workers=workers, ray_address=ray, watch=watch)


@app.command
def studio(
    *,
    host: Annotated[
        str, Parameter(help="Address to listen on; one that others can reach needs --token.")
    ] = "127.0.0.1",
    port: Annotated[Whole, Parameter(help="Port to listen on; 0 takes a free one.")] = 8000,
    token: Annotated[str | None, Parameter(env_var="CHROMANTIC_TOKEN", help="Secret that visitors must know.")] = None,
    workers: Annotated[Whole | None, Parameter(help="Photos at once; by default one a core.")] = None,
    deployment: Annotated[Deployment, Parameter(name="*")] = _ALONE,
    model: Model = "default",
    device: Device = "cpu",
) -> None:
    """Colorize in a browser or by REST: serve a page until interrupted."""
    from chromantic.studio.server import serve_studio

    def tell(url: str) -> None:
        print(f"{url} (stop with Ctrl-C)", flush=True)

    serve_studio(model, host, port, token, tell, device, workers, deployment)


@app.command
def sheet(
    photos: Photos,
    /,
    *,
    output: Annotated[Path, Parameter(help="The picture to write.")] = Path("sheet.png"),
    samples: Annotated[Whole, Parameter(help="Samples of each photo.")] = 3,
    seed: Seed = 0,
    originals: Annotated[bool, Parameter(help="Show the photos in their own colours, too.")] = False,
    model: Model = "default",
    device: Device = "cpu",
    debug: Debug = False,
) -> int:
    """Show photos and their colorizations side by side on one picture."""
    Options(samples=samples, seed=seed)  # refuses what is out of range, before any work
    with Failures(debug) as failures:
        files = find_photos(photos, failures)
        check_output(output, _SHEET_SUFFIXES, files)

        from chromantic.colorizer import Colorizer
        from chromantic.contact_sheet import contact_sheet
        from chromantic.photo import write_picture

        start, failed = time.monotonic(), failures.count
        colorizer = Colorizer.from_pretrained(model, device)
        with progress("Colorizing", len(files)) as update:
            picture = contact_sheet(
                colorizer,
                files,
                samples=samples,
                seed=seed,
                originals=originals,
                callback=update,
                on_error=failures.add,
            )
        if failures.count - failed < len(files):
            write_picture(picture, output)
            print(f"{output} (in {time.monotonic() - start:.0f} s)")
    return failures.exit_code
