"""The server as programs see it, over a real connection."""

import json
import sys
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from chromantic.cli import main
from chromantic.study.store import Study

from_nowhere = urllib.request.ProxyHandler({})


class Browser:
    """What a browser does: keeps cookies, posts JSON."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.opener = urllib.request.build_opener(from_nowhere, urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        return self._open(urllib.request.Request(self.url + path, headers=headers))

    def post(self, path: str, body: object, **headers: str) -> tuple[int, dict[str, object]]:
        headers = {"Content-Type": "application/json", **headers}
        status, _, content = self._open(urllib.request.Request(self.url + path, json.dumps(body).encode(), headers))
        return status, json.loads(content)

    def state(self) -> dict[str, object]:
        return json.loads(self.get("/state")[2])

    def _open(self, request: urllib.request.Request) -> tuple[int, dict[str, str], bytes]:
        try:
            with self.opener.open(request) as response:
                return (
                    response.status,
                    {name.lower(): value for name, value in response.headers.items()},
                    response.read(),
                )
        except urllib.error.HTTPError as error:
            return error.code, {}, error.read()


def test_a_person_goes_through_a_study(url: str, study_file: Path) -> None:
    browser = Browser(url)
    assert browser.state() == {"started": False, "total": 4}
    _, state = browser.post("/start", {})
    assert browser.post("/start", {})[1] == state == browser.state()  # a start that comes twice
    while state["picture"]:
        answer = {"picture": state["picture"], "natural": state["answered"] == 0}
        _, state = browser.post("/answer", answer)
        assert browser.post("/answer", {**answer, "natural": not answer["natural"]})[1] == state  # an answer, too
    assert (state["answered"], state["total"]) == (4, 4)
    counts = Study(study_file).answers_by_system().values()
    assert [sum(numbers) for numbers in zip(*counts, strict=True)] == [1, 4]
    _, second = browser.post("/start", {})
    assert (second["answered"], Study(study_file).people()) == (0, (1, 1))


def test_nothing_tells_what_a_picture_is(url: str) -> None:
    browser = Browser(url)
    _, state = browser.post("/start", {})
    status, headers, content = browser.get(f"/pictures/{state['picture']}")
    assert (status, headers["content-type"], content[:4]) == (200, "image/png", b"\x89PNG")
    told = (
        json.dumps([state, headers])
        + b"".join(browser.get(path)[2] for path in ("/", "/study.js", "/study.css")).decode()
    )
    for word in ("originals", "royer", "chromantic", "boat", "cat.", "dog", "tree"):
        assert word not in told.lower().replace("chromantic-study-", ""), word


def test_nothing_comes_from_elsewhere(url: str) -> None:
    browser = Browser(url)
    _, headers, page = browser.get("/")
    assert "default-src 'self'" in headers["content-security-policy"]
    assert b"//" not in page
    for path in ("/docs", "/redoc", "/openapi.json", "/nothing", "/../store.py", "/%2e%2e/store.py"):
        assert browser.get(path)[0] == 404
    assert browser.get("/answer")[0] == 405


def test_other_sites_and_strange_answers_are_refused(url: str, study_file: Path) -> None:
    browser = Browser(url)
    assert browser.get("/state", Host="evil.example")[0] == 403
    assert browser.post("/start", {}, Origin="http://evil.example")[0] == 403
    assert browser.post("/start", {}, **{"Sec-Fetch-Site": "cross-site"})[0] == 403
    assert browser.post("/answer", {"picture": "nothing", "natural": True})[0] == 404
    _, state = browser.post("/start", {})
    for natural in ("yes", 1, None):
        assert browser.post("/answer", {"picture": state["picture"], "natural": natural})[0] == 422
    assert browser.post("/answer", [])[0] == 422
    assert Browser(url).post("/answer", {"picture": state["picture"], "natural": True})[0] == 404
    assert browser.get("/pictures/nothing")[0] == 404
    assert Study(study_file).people() == (0, 0)


def test_serving_says_what_is_wrong(
    url: str, study_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = url.rsplit(":", 1)[1]
    assert main(["study", "serve", str(study_file), "--port", port]) == 2
    assert f"port {port}: cannot be listened on" in capsys.readouterr().err
    assert main(["study", "serve", str(study_file), "--port", "70000"]) == 2
    assert "port 70000" in capsys.readouterr().err
    assert main(["study", "serve", str(tmp_path / "missing.sqlite")]) == 2
    assert "missing.sqlite: no such study" in capsys.readouterr().err


def test_a_missing_extra_is_named(
    study_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in ("chromantic.study.site", "chromantic.web.site"):
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert main(["study", "serve", str(study_file)]) == 2
    assert "uvicorn is not installed; in a clone of Chromantic: pip install '.[studio,study]'" in capsys.readouterr()[1]
