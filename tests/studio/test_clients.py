"""Clients that others' generators make of the service's description: they upload a photo."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from served import Client, serving

from chromantic.colorizer import Colorizer

TOKEN = "correct-horse-battery-staple"
PYTHON = """
import base64, sys
from generated import AuthenticatedClient
from generated.api.default import colorize, healthz, models
from generated.models import FormOrder, JsonOrder, Problem
from generated.types import File

url, token, path = sys.argv[1:]
client = AuthenticatedClient(url, token)
form = FormOrder(File(open(path, "rb"), "photo.jpg"), seed=3, segmentation=True)
results = colorize.sync(client=client, body=form, x_request_id="generated")
print([picture.kind.value for picture in results.pictures], results.seed)
order = JsonOrder(base64.b64encode(open(path, "rb").read()).decode(), grey=True)
print([picture.kind.value for picture in colorize.sync(client=client, body=order).pictures])
refusal = colorize.sync(client=client, body=FormOrder(File(b"no photo", "photo.jpg")))
print(type(refusal).__name__, refusal.status)
print(models.sync(client=client).limits.upload_bytes, healthz.sync(client=client).status.value)
"""
TYPESCRIPT = """
import createClient from "openapi-fetch";
import type { paths } from "./api";

declare const process: { argv: string[] };
declare function require(name: string): { readFileSync(path: string): Uint8Array<ArrayBuffer> };
const [url, token, path] = process.argv.slice(2);
const client = createClient<paths, "application/json">({ baseUrl: url, headers: { Authorization: `Bearer ${token}` } });

async function upload() {
  const photo = new Blob([require("node:fs").readFileSync(path)]);
  const { data, error } = await client.POST("/v1/colorize", {
    params: { header: { "X-Request-ID": "generated" } },
    body: { photo: photo as unknown as string, seed: 3 },
    bodySerializer: (body) => {
      const form = new FormData();
      for (const [name, value] of Object.entries(body ?? {})) form.set(name, value as Blob | string);
      return form;
    },
    headers: { Accept: "application/json" },
  });
  if (error) throw new Error(JSON.stringify(error));
  console.log(data.pictures.map(({ kind }) => kind).join(), data.seed);
}
upload();
"""


@pytest.fixture(scope="module")
def guarded(load: Callable[[], Colorizer]) -> Iterator[Client]:
    with serving(load, token=TOKEN, workers=1) as client:
        client.session.headers["Authorization"] = f"Bearer {TOKEN}"
        yield client


def run(*command: str, folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def folder(guarded: Client, photo: bytes, tmp_path: Path) -> Path:
    (tmp_path / "openapi.json").write_text(json.dumps(guarded.get("/openapi.json").json()))
    (tmp_path / "photo.jpg").write_bytes(photo)
    return tmp_path


@pytest.mark.slow
def test_python(guarded: Client, folder: Path) -> None:
    pytest.importorskip("openapi_python_client", reason="no openapi-python-client; pip install '.[dev]'")
    generator = [sys.executable, "-m", "openapi_python_client", "generate", "--path", "openapi.json", "--meta", "none"]
    run(*generator, "--output-path", "generated", folder=folder)
    (folder / "upload.py").write_text(PYTHON)
    told = run(sys.executable, "upload.py", guarded.url, TOKEN, "photo.jpg", folder=folder).splitlines()
    assert told == ["['sample', 'segmentation'] 3", "['grey', 'expected']", "Problem 415", f"{64 << 20} ok"]


@pytest.mark.slow
def test_typescript(guarded: Client, folder: Path) -> None:
    packages = ["openapi-typescript@7", "openapi-fetch@0", "typescript@5"]
    if shutil.which("npm") is None:
        pytest.skip("no npm to generate a client in TypeScript; install nodejs and npm")
    install = ["npm", "install", "--silent", "--no-audit", "--no-fund", *packages]
    if subprocess.run(install, cwd=folder, capture_output=True, check=False, timeout=200).returncode:
        pytest.skip(f"npm cannot get {', '.join(packages)}; connect it to a registry")
    generator = ["node_modules/.bin/openapi-typescript", "--default-non-nullable", "false"]
    run(*generator, "openapi.json", "-o", "api.d.ts", folder=folder)
    (folder / "upload.ts").write_text(TYPESCRIPT)
    strict = ["--strict", "--module", "commonjs", "--target", "es2022", "--lib", "es2022,dom", "--skipLibCheck"]
    run("node_modules/.bin/tsc", *strict, "upload.ts", folder=folder)
    assert run("node", "upload.js", guarded.url, TOKEN, "photo.jpg", folder=folder) == "sample 3\n"
