"""Who is let in and what is told, whatever stands before a site."""

import json
import logging
from typing import Any

import pytest
from fastapi import Request
from starlette.testclient import TestClient

from chromantic.errors import ChromanticError
from chromantic.web.deployment import Deployment
from chromantic.web.guard import Admission
from chromantic.web.log import JsonFormatter
from chromantic.web.site import Site

TOKEN = "correct-horse-battery-staple"
OWN = "http://127.0.0.1"


def client_of(root_path: str = "", **admission: Any) -> TestClient:
    """A client of a site that has the study's page, an address to ask and one that fails."""
    site = Site("chromantic.study", Admission(**admission), root_path)

    @site.get("/ask")
    @site.post("/ask")
    def ask(request: Request) -> dict[str, str]:
        return {"root": request.scope["root_path"]}

    @site.get("/fail")
    def fail() -> None:
        raise RuntimeError("a secret")

    @site.get("/healthz")
    def healthz() -> str:
        return "ok"

    return TestClient(site, base_url=OWN, raise_server_exceptions=False, follow_redirects=False)


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (200, {}),
        (200, {"Origin": OWN}),
        (200, {"Origin": OWN, "Sec-Fetch-Site": "same-origin"}),
        (200, {"Origin": "https://colors.example", "Sec-Fetch-Site": "same-origin"}),  # a proxy has changed Host
        (403, {"Origin": "https://colors.example"}),
        (403, {"Origin": "null"}),
        (403, {"Origin": "http://[evil"}),
        (403, {"Origin": OWN, "Sec-Fetch-Site": "cross-site"}),
        (403, {"Sec-Fetch-Site": "same-site"}),
        (403, {"Host": "evil.example"}),
        (403, {"Host": "[evil"}),
    ],
)
def test_other_sites_cannot_ask(status: int, headers: dict[str, str]) -> None:
    assert client_of().post("/ask", headers=headers).status_code == status


def test_a_link_on_another_site_may_be_followed() -> None:
    assert client_of().get("/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


def test_a_token_in_a_header_is_no_other_sites() -> None:
    client = client_of(token=TOKEN, names=None)
    headers = {"Origin": "https://colors.example", "Host": "127.0.0.1:8000"}
    assert client.post("/ask", headers=headers).status_code == 403
    assert client.post("/ask", headers={**headers, "Authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert client.post("/ask", headers={**headers, "Cookie": f"chromantic-studio={TOKEN}"}).status_code == 403
    assert client.post("/ask", headers={"Cookie": f"chromantic-studio={TOKEN}"}).status_code == 200
    assert client.post("/ask", headers={"Authorization": f"Basic {TOKEN}"}).status_code == 401
    assert client.get("/ask?token=correct-horse").status_code == 401


def test_names_that_are_allowed() -> None:
    client = client_of(names={"127.0.0.1", "colors.example"}, own_names={"colors.example"})
    assert client.get("/ask", headers={"Host": "colors.example"}).status_code == 200
    assert client.get("/ask", headers={"Host": "evil.example"}).status_code == 403
    assert client.get("/healthz", headers={"Host": "10.0.0.7:8000"}).status_code == 200  # as load balancers ask
    assert client.post("/ask", headers={"Origin": "https://colors.example:8443"}).status_code == 200
    assert client.post("/ask", headers={"Origin": "https://evil.example"}).status_code == 403


def test_sites_that_are_allowed() -> None:
    client = client_of(origins=["https://other.example"])
    answer = client.post("/ask", headers={"Origin": "https://other.example", "Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "https://other.example"
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    preflight = client.options("/ask", headers={"Origin": "https://other.example", **asked})
    assert (preflight.status_code, preflight.headers["access-control-allow-methods"]) == (200, "GET, POST")
    assert client.options("/ask", headers={"Origin": "https://evil.example", **asked}).status_code == 400
    assert client.post("/ask", headers={"Origin": "https://evil.example"}).status_code == 403


@pytest.mark.parametrize("left_out", [False, True])
def test_a_path_that_a_proxy_shows_it_at(left_out: bool) -> None:
    client, at = client_of("/colors", token=TOKEN), "" if left_out else "/colors"
    page = client.get(f"{at}/?token={TOKEN}", headers={"X-Forwarded-Proto": "https"})
    assert (page.status_code, page.headers["location"]) == (303, "/colors/")
    assert "Path=/colors/" in page.headers["set-cookie"]
    client.headers["Authorization"] = f"Bearer {TOKEN}"
    assert client.get(f"{at}/ask").json() == {"root": "/colors"}
    assert client.get(f"{at}/study.js").status_code == 200
    assert client.get(f"{at}/healthz").status_code == 200
    assert client.get("/colors").headers["location"] == "/colors/"
    assert client.get(f"{at}/colours").status_code == 404


def test_the_cookie_is_kept_to_tls_where_there_is_one() -> None:
    client = client_of(token=TOKEN)
    assert "Secure" not in client.get(f"/?token={TOKEN}").headers["set-cookie"]
    client.base_url = "https://127.0.0.1"
    assert "Secure" in client.get(f"/?token={TOKEN}").headers["set-cookie"]


def test_head_is_answered() -> None:
    client = client_of()
    for path in ("/", "/ask", "/healthz", "/study.js"):
        assert client.head(path).status_code == 200, path
        assert client.head(path).headers["content-length"] == client.get(path).headers["content-length"]
    assert client.head("/nothing").status_code == 404


@pytest.mark.parametrize(("status", "path"), [(404, "/nothing"), (405, "/fail"), (500, "/fail")])
def test_every_error_is_a_problem(status: int, path: str) -> None:
    answer = client_of().request("POST" if status == 405 else "GET", path)
    assert answer.status_code == status == answer.json()["status"]
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "about:blank"
    assert "secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-request-id"]


def test_the_log_names_requests(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "chromantic.access")
    caplog.handler.setFormatter(JsonFormatter())
    client = client_of(token=TOKEN)
    answer = client.get(f"/healthz?token={TOKEN}", headers={"X-Request-ID": "of-a-proxy.1"})
    assert answer.headers["x-request-id"] == "of-a-proxy.1"
    forged = client.get("/ask", headers={"X-Request-ID": 'x", "level": "error'})
    assert len(forged.headers["x-request-id"]) == 32
    first, second = map(json.loads, caplog.text.strip().splitlines())
    assert first["request"] == "of-a-proxy.1"
    assert (first["method"], first["path"], first["status"], first["bytes"]) == ("GET", "/healthz", 200, 4)
    assert (second["request"], second["status"]) == (forged.headers["x-request-id"], 401)
    assert TOKEN not in caplog.text


def test_the_log_has_traces(caplog: pytest.LogCaptureFixture) -> None:
    caplog.handler.setFormatter(JsonFormatter())
    try:
        raise RuntimeError("deep")
    except RuntimeError:
        logging.getLogger("uvicorn.error").exception("failed")
    line = json.loads(caplog.text)
    assert (line["level"], line["message"]) == ("error", "failed")
    assert "RuntimeError: deep" in line["trace"]


@pytest.mark.parametrize(
    ("words", "choices"),
    [
        ("root path colors", {"root_path": "colors"}),
        ("root path /colors/", {"root_path": "/colors/"}),
        ("allowed host https://", {"allowed_hosts": ("https://example.org",)}),
        ("CORS origin example.org", {"cors_origin": ("example.org",)}),
        ("CORS origin https://example.org/", {"cors_origin": ("https://example.org/",)}),
        ("CORS origin [", {"cors_origin": ("[",)}),
    ],
)
def test_what_stands_before_a_site_is_checked(words: str, choices: dict[str, Any]) -> None:
    with pytest.raises(ChromanticError) as raised:
        Deployment(**choices)
    assert str(raised.value).startswith(words)


def test_what_stands_before_a_site() -> None:
    Deployment("/colors/of-old", "10.0.0.0/8", ("example.org", "::1"), ("https://example.org:8443",), "json")
