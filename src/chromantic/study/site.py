"""The page of a study, served to this machine alone."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from fastapi import Body, HTTPException, Request, Response

from chromantic.files import check_writable
from chromantic.study.store import PersonProgress, Study
from chromantic.web.deployment import Deployment
from chromantic.web.guard import Admission
from chromantic.web.site import Site, address_of, listen, serve

_HOST = "127.0.0.1"
_YEAR = 365 * 24 * 3600


def serve_study(path: Path, port: int, ready: Callable[[str], None]) -> None:
    """Serves a study until it is interrupted.

    Args:
        path: The study.
        port: Where to listen, on the loopback interface; 0 takes a free one.
        ready: Called with the page's address.

    Raises:
        ChromanticError: The file is no study, its folder cannot be written to, or the port is taken.
    """
    app = create_app(Study(path))
    check_writable(path)  # SQLite keeps a journal beside it while it stores an answer
    with listen(_HOST, port) as listener:
        ready(address_of(listener))
        asyncio.run(serve(app, listener, Deployment()))


def create_app(study: Study) -> Site:
    """The study as a web application: a page, its state as JSON, and the pictures under random names.

    A cookie tells people apart. Answers may come twice, as when a connection breaks: the first one stays.
    """
    app = Site("chromantic.study", Admission(), openapi_url=None)
    cookie = f"chromantic-study-{study.key}"

    def state_of(progress: PersonProgress | None) -> dict[str, object]:
        """What the page needs to know. Before the start that is only how many pictures there will be."""
        if progress is None:
            return {"started": False, "total": len(study.photos)}
        return {"started": True} | asdict(progress)

    @app.get("/state")
    def state(request: Request) -> dict[str, object]:
        return state_of(study.progress(request.cookies.get(cookie, "")))

    @app.post("/start")
    def start(request: Request, response: Response) -> dict[str, object]:
        """Begins with a new person, unless the browser's person has not finished."""
        person = request.cookies.get(cookie, "")
        progress = study.progress(person)
        if progress is None or progress.picture is None:
            person = study.add_person()
            response.set_cookie(cookie, person, max_age=_YEAR, httponly=True, samesite="strict")
        return state_of(study.progress(person))

    @app.post("/answer")
    def answer(
        request: Request, picture: Annotated[str, Body()], natural: Annotated[bool, Body(strict=True)]
    ) -> dict[str, object]:
        person = request.cookies.get(cookie, "")
        if not study.answer(person, picture, natural):
            raise HTTPException(404, "no such picture for this person")
        return state_of(study.progress(person))

    @app.get("/pictures/{key}")
    def picture(key: str) -> Response:
        png = study.png(key)
        if png is None:
            raise HTTPException(404, "no such picture")
        return Response(png, media_type="image/png", headers={"Cache-Control": "private, max-age=3600"})

    return app
