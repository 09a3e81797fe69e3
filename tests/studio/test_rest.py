"""The service as programs see it, over a real connection."""

import base64
import http.client
import io
import json
import re
import socket
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import requests
from heic_file import SIDE, heic
from odd import load_odd, load_without_heic
from PIL import Image
from prometheus_client.parser import text_string_to_metric_families
from served import LIMITS, Client, serving, wait_until

from chromantic.cli import main
from chromantic.studio.limits import Limits


def pictures_of(answer: dict) -> dict[str, bytes]:
    """Content by kind, with the number of a sample after it."""
    return {
        f"{picture['kind']}{picture.get('sample', '')}": base64.b64decode(picture["content"])
        for picture in answer["pictures"]
    }


def events_of(response: requests.Response) -> list[tuple[str, dict]]:
    events = [event.split("\n") for event in response.text.strip().split("\n\n")]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in events]


def command_writes(photo: bytes, folder: Path, weights: Path, *options: str) -> dict[str, bytes]:
    """What `chromantic colorize` writes for a photo, by the kind in the name."""
    folder.mkdir(exist_ok=True)
    (folder / "photo").write_bytes(photo)
    assert main(["colorize", str(folder / "photo"), "--model", str(weights), *options]) == 0
    (folder / "photo").unlink()
    return {file.name.split(".")[1]: file.read_bytes() for file in folder.iterdir()}


@pytest.mark.parametrize("way", ["form", "json", "stream"])
def test_results_are_those_of_the_command(
    studio: Client, photo: bytes, tiny_weights: Path, tmp_path: Path, way: str
) -> None:
    options = {"samples": 2, "seed": 7, "temperature": 0.8, "segmentation": True, "uncertainty": True}
    options |= {"apply_contrast": True, "candidates": 3}
    if way == "json":
        body = {"photo": base64.b64encode(photo).decode(), **options}
        answer = studio.session.post(f"{studio.url}/v1/colorize", json=body).json()
    elif way == "form":
        answer = studio.colorize(photo, **options).json()
    else:
        events = events_of(studio.colorize(photo, "text/event-stream", **options))
        assert events[-1][0] == "done"
        rows = [(data["rows"], data["of"]) for name, data in events if name == "progress"]
        assert rows == sorted(rows)
        assert rows[-1][0] == rows[-1][1]
        answer = {**events[-1][1], "pictures": [data for name, data in events if name == "picture"]}
    command = ["--samples", "2", "--seed", "7", "--temperature", "0.8", "--segmentation", "--uncertainty"]
    command += ["--apply-contrast", "--candidates", "3"]
    written = command_writes(photo, tmp_path, tiny_weights, *command)
    assert pictures_of(answer) == {
        "sample1": written["color-1"],
        "sample2": written["color-2"],
        "segmentation": written["segmentation"],
        "uncertainty": written["uncertainty"],
    }
    assert answer["photo"] == {"width": 80, "height": 60, "format": "jpeg"}
    assert (answer["seed"], answer["temperature"]) == (7, 0.8)
    classes = answer["pictures"][2]["classes"]
    assert {entry["name"] for entry in classes} <= {"background", "cat", "dog"}
    assert sum(entry["share"] for entry in classes) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("format", ["png", "tiff", "webp", "jpeg"])
def test_a_single_picture_comes_as_it_is(
    studio: Client, photo: bytes, tiny_weights: Path, tmp_path: Path, format: str
) -> None:
    response = studio.colorize(photo, "image/*", format=format, seed=2**63 - 1)
    written = command_writes(photo, tmp_path, tiny_weights, "--format", format, "--seed", str(2**63 - 1))
    assert response.headers["content-type"] == f"image/{format}"
    assert response.content == written["color"]
    assert Image.open(io.BytesIO(response.content)).getexif()[0x010E] == "Grandmother"


def test_the_expected_colours_and_the_grey_photo_for_showing(studio: Client, photo: bytes) -> None:
    answer = studio.colorize(photo, grey="true", max_side=40).json()
    images = {kind: Image.open(io.BytesIO(content)) for kind, content in pictures_of(answer).items()}
    assert {kind: image.size for kind, image in images.items()} == {"expected": (40, 30), "grey": (40, 30)}
    grey = np.asarray(images["grey"].convert("RGB"))
    assert (grey == grey[..., :1]).all()
    small = np.asarray(Image.open(io.BytesIO(photo)).resize((40, 30), Image.Resampling.BOX), np.float32)
    assert np.abs(grey[..., 0] - small).mean() < 3
    assert set(answer["pictures"][0]) == {"kind", "width", "height", "media_type", "content"}
    assert answer["photo"]["width"] == 80
    assert (answer["seed"], answer["temperature"]) == (None, None)


def test_what_is_shown_small_has_the_colours_of_the_full_size(studio: Client, photo: bytes) -> None:
    def colours(**options: int) -> np.ndarray:
        """Of a picture in places of a tenth of its width, without their brightness."""
        image = Image.open(io.BytesIO(studio.colorize(photo, "image/*", candidates=1, **options).content))
        places = np.asarray(image.reduce(image.width // 10), np.float32)
        return (places - places.mean(-1, keepdims=True)).ravel()

    small = colours(seed=5, max_side=40)
    assert np.corrcoef(colours(seed=5), small)[0, 1] > 0.9
    assert np.corrcoef(colours(seed=6), small)[0, 1] < 0.5


@pytest.mark.parametrize(
    ("status", "words", "fields"),
    [
        (422, "seed", {"seed": "-1"}),
        (422, "seed", {"seed": "many"}),
        (422, "temperature", {"temperature": "nan"}),
        (422, "samples", {"samples": "17"}),
        (422, "preview", {"preview": "1"}),
        (422, "format", {"format": "bmp"}),
        (422, "sedation", {"sedation": "1"}),
        (422, "twice", {"seed": ["1", "2"]}),
        (400, "form", {"format": "x" * 200_000}),
        (400, "form", {f"field{number}": "1" for number in range(40)}),
    ],
)
def test_options_that_cannot_be_used(studio: Client, photo: bytes, status: int, words: str, fields: dict) -> None:
    response = studio.colorize(photo, **fields)
    assert response.status_code == status
    assert words in response.json()["detail"]


@pytest.mark.parametrize(
    ("status", "words", "content_type", "body"),
    [
        (415, "multipart", "text/plain", b"hello"),
        (415, "multipart", "application/x-www-form-urlencoded", b"photo=/etc/passwd"),
        (400, "form", "multipart/form-data", b"no boundary"),
        (422, "photo: missing", "multipart/form-data; boundary=x", b"--x--\r\n"),
        (
            422,
            "photo: missing",
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="photo"\r\n\r\n/etc/passwd\r\n--x--\r\n',
        ),
        (422, "JSON", "application/json", b"{"),
        (422, "JSON", "application/json", b"[" * 100_000),
        (422, "photo", "application/json", b"{}"),
        (422, "base64", "application/json", b'{"photo": "file:///etc/passwd"}'),
        (422, "url", "application/json", b'{"photo": "", "url": "http://example.org/photo.jpg"}'),
        (422, "empty", "application/json", b'{"photo": ""}'),
    ],
)
def test_bodies_that_cannot_be_read(studio: Client, status: int, words: str, content_type: str, body: bytes) -> None:
    response = studio.session.post(f"{studio.url}/v1/colorize", data=body, headers={"Content-Type": content_type})
    assert response.status_code == status
    assert words in response.json()["detail"]


def test_several_pictures_are_no_image(studio: Client, photo: bytes) -> None:
    assert studio.colorize(photo, "image/*", samples=2).status_code == 406


def test_opacity_and_jpeg_do_not_go_together(studio: Client) -> None:
    file = io.BytesIO()
    Image.new("LA", (20, 20), (90, 120)).save(file, "png")
    response = studio.colorize(file.getvalue(), format="jpeg")
    assert response.status_code == 422
    assert response.json()["detail"].startswith("result: jpeg has no transparency")


def test_heic_is_read(studio: Client) -> None:
    answer = studio.colorize(heic()).json()
    assert answer["photo"] == {"width": SIDE, "height": SIDE, "format": "heic"}
    assert answer["pictures"][0]["media_type"] == "image/png"


def test_it_is_said_what_heic_needs(tiny_weights: Path) -> None:
    with serving(partial(load_without_heic, tiny_weights), workers=1) as client:
        response = client.colorize(heic())
    assert response.status_code == 415
    assert "save it as JPEG" in response.json()["detail"]


def test_what_is_shown_small_is_a_jpeg_unless_transparent(studio: Client, photo: bytes) -> None:
    file = io.BytesIO()
    Image.new("LA", (20, 20), (90, 120)).save(file, "png")
    for content, media_type in ((photo, "image/jpeg"), (file.getvalue(), "image/png")):
        pictures = studio.colorize(content, grey=True, max_side=16).json()["pictures"]
        assert [(picture["media_type"], picture["width"]) for picture in pictures] == [(media_type, 16)] * 2


def test_a_slow_upload_is_ended(studio: Client) -> None:
    host, port = studio.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(
            b"POST /v1/colorize HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 1000\r\n\r\n{"
        )
        connection.settimeout(20)
        assert b" 408 " in connection.recv(4096).split(b"\r\n")[0]


def test_a_full_queue_sends_away_and_frees_itself(tiny_weights: Path, photo: bytes, tmp_path: Path) -> None:
    load = partial(load_odd, "slow", tiny_weights, until=tmp_path / "go")
    with serving(load, limits=Limits(waiting=2), workers=1) as client:
        places = int(value_of(client.get("/metrics").text, "chromantic_places"))
        answers: list[requests.Response] = []
        threads = [
            threading.Thread(target=lambda: answers.append(Client(client.url).colorize(photo))) for _ in range(places)
        ]
        for thread in threads:
            thread.start()
        wait_until(lambda: value_of(client.get("/metrics").text, "chromantic_requests_taken") == places)
        response = client.colorize(photo)
        assert response.status_code == 429
        assert response.headers["Connection"] == "close"
        assert int(response.headers["retry-after"]) >= 1
        (tmp_path / "go").touch()
        for thread in threads:
            thread.join()
        assert [answer.status_code for answer in answers] == [200] * places
        assert client.colorize(photo).status_code == 200
        figures = client.get("/metrics").text
        assert value_of(figures, "chromantic_colorize_requests_total", status="200") == places + 1
        assert value_of(figures, "chromantic_colorize_requests_total", status="429") == 1
        assert value_of(figures, "chromantic_requests_taken") == 0


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_work_ends_when_its_client_leaves(tiny_weights: Path, photo: bytes, tmp_path: Path, accept: str) -> None:
    rows = tmp_path / "rows"
    with serving(partial(load_odd, "watched", tiny_weights, rows=rows), workers=1) as client:
        leave_when(rows.exists, client, photo, accept)
        wait_until(lambda: value_of(client.get("/metrics").text, "chromantic_requests_taken") == 0)
        assert 0 < len(rows.read_text().splitlines()) < 32
        assert value_of(client.get("/metrics").text, "chromantic_workers_replaced_total") == 0


@pytest.mark.parametrize("begun", [False, True])
def test_what_fails_after_the_first_event_is_one(tiny_weights: Path, photo: bytes, begun: bool) -> None:
    with serving(partial(load_odd, "failing", tiny_weights, begun=begun), workers=1) as client:
        response = client.colorize(photo, "text/event-stream")
    problem = {
        "type": "about:blank",
        "title": "Unprocessable Content" if sys.version_info >= (3, 13) else "Unprocessable Entity",
        "status": 422,
        "detail": "photo: too dark; find a brighter one",
    }
    if begun:
        assert response.status_code == 200
        assert events_of(response) == [("progress", {"rows": 2, "of": 2}), ("error", problem)]
    else:
        assert (response.status_code, response.json()) == (422, problem)
        assert response.headers["content-type"] == "application/problem+json"


def test_a_mistake_of_the_studio_is_counted(tiny_weights: Path, photo: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with serving(partial(load_odd, "broken", tiny_weights), workers=1) as client:
        response = client.colorize(photo)
        assert (response.status_code, response.json()["detail"]) == (500, "studio: failed; its log says why")
        figures = client.get("/metrics").text
        assert value_of(figures, "chromantic_colorize_requests_total", status="500") == 1
        assert value_of(figures, "chromantic_workers_replaced_total") == 0
    assert "RuntimeError: a secret" in caplog.text


def test_an_upload_that_is_broken_off_is_no_failure(studio: Client) -> None:
    def count(status: str) -> float:
        return value_of(studio.get("/metrics").text, "chromantic_colorize_requests_total", status=status)

    before, (host, port) = count("499"), studio.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(
            b"POST /v1/colorize HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 1000\r\n\r\n{"
        )
    wait_until(lambda: count("499") > before)
    assert count("500") == 0


def test_what_takes_too_long_is_ended_whatever_it_does(tiny_weights: Path, photo: bytes, tmp_path: Path) -> None:
    once = tmp_path / "once"
    limits = Limits(work_seconds=1.5, quiet_seconds=0.2)
    with serving(partial(load_odd, "stuck", tiny_weights, once=once), limits=limits, workers=1) as client:
        answers: list[requests.Response] = []
        thread = threading.Thread(target=lambda: answers.append(Client(client.url).colorize(photo)))
        thread.start()
        wait_until(lambda: client.get("/readyz").status_code == 503)
        health = client.get("/healthz")
        assert (health.status_code, health.json()["status"]) == (200, "stuck")
        assert health.json()["workers"] == {"starting": 0, "idle": 0, "busy": 0, "stuck": 1}
        thread.join()
        assert answers[0].status_code == 503
        assert "longer" in answers[0].json()["detail"]
        wait_until(lambda: client.get("/readyz").status_code == 200)
        assert not Path(f"/proc/{once.read_text()}").exists()
        assert client.colorize(photo).status_code == 200  # by another process
        assert value_of(client.get("/metrics").text, "chromantic_workers_replaced_total") == 1


def test_what_does_not_stop_for_its_client_is_ended(tiny_weights: Path, photo: bytes, tmp_path: Path) -> None:
    once = tmp_path / "once"
    with serving(partial(load_odd, "stuck", tiny_weights, once=once), workers=1) as client:
        leave_when(once.exists, client, photo, "application/json")
        assert client.colorize(photo).status_code == 200
        assert value_of(client.get("/metrics").text, "chromantic_workers_replaced_total") == 1


def test_a_photo_that_ends_its_process_ends_no_other(tiny_weights: Path, photo: bytes) -> None:
    with serving(partial(load_odd, "dying", tiny_weights), workers=1) as client:
        for _ in range(2):
            response = client.colorize(photo)
            assert (response.status_code, response.json()["detail"][:22]) == (500, "work: its process ende")


def test_it_tells_of_itself(studio: Client, tiny_weights: Path) -> None:
    told = studio.get("/v1/models").json()
    assert told["models"][0]["name"].startswith(f"{tiny_weights}@")
    assert told["models"][0]["classes"] == ["background", "cat", "dog"]
    assert told["limits"]["upload_bytes"] == LIMITS.upload_bytes
    assert studio.get("/healthz").json()["status"] == "ok"
    assert "/v1/colorize" in studio.get("/openapi.json").json()["paths"]
    assert studio.get("/redoc").status_code == 404


def test_the_dashboard_asks_for_figures_that_are_told(studio: Client, photo: bytes) -> None:
    studio.colorize(photo, seed=1)
    families = text_string_to_metric_families(studio.get("/metrics").text)
    told = {sample.name for family in families for sample in family.samples}
    dashboard = json.loads((Path(__file__).parents[2] / "docs" / "proxy" / "grafana.json").read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert {name for query in queries for name in re.findall(r"chromantic_\w+|process_\w+", query)} <= told
    stages = {"wait", "decode", "encode", "sample", "write"}
    figures = studio.get("/metrics").text
    assert all(value_of(figures, "chromantic_stage_seconds_count", stage=stage) for stage in stages)
    assert value_of(figures, "chromantic_workers_memory_bytes") > 50 << 20


def leave_when(condition: Callable[[], object], client: Client, photo: bytes, accept: str) -> None:
    """Asks for a draw, and closes the connection as soon as something is so."""
    body = json.dumps({"photo": base64.b64encode(photo).decode(), "samples": 1})
    connection = http.client.HTTPConnection(*client.address)
    connection.request("POST", "/v1/colorize", body, {"Accept": accept, "Content-Type": "application/json"})
    wait_until(condition)
    connection.close()


def value_of(figures: str, name: str, **labels: str) -> float:
    samples = (sample for family in text_string_to_metric_families(figures) for sample in family.samples)
    return sum(sample.value for sample in samples if sample.name == name and labels.items() <= sample.labels.items())
