"""What docs/guides/deploy.md offers: the image, its compose file, units and cron table, as far as no daemon is needed.

`.ci/image` builds the image and runs it.
"""

import fnmatch
import json
import re
import shlex
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chromantic.cli.program import app

ROOT = Path(__file__).parents[2]
OFFERED = ROOT / "docs" / "deploy"
SERVICES = sorted(OFFERED.glob("*.service"))
PROGRAM = "/opt/chromantic/bin/chromantic"


def tool(name: str) -> str:
    found = shutil.which(name, path=f"{Path(sys.executable).parent}:/usr/bin:/bin")
    if found is None:
        pytest.skip(f"no {name}; install it")
    return found


def run(*command: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)


def check_command(words: list[str]) -> None:
    """Checks that the command line takes these words after `chromantic`."""
    app.parse_args(words, exit_on_error=False, print_error=False)


def instructions(stage: int) -> list[tuple[str, str]]:
    """Of a stage of the Dockerfile, the first of which is 0: each word with what follows it."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE).replace("\\\n", "")
    stages = re.split(r"^(?=FROM )", text, flags=re.MULTILINE)[1:]
    return [(word, rest) for line in stages[stage].splitlines() if line for word, _, rest in [line.partition(" ")]]


def the(word: str, stage: int = -1) -> str:
    (found,) = [rest for each, rest in instructions(stage) if each == word]
    return found


def test_the_dockerfile_has_no_fault_that_hadolint_knows() -> None:
    linted = run(tool("hadolint"), ROOT / "Dockerfile")
    assert (linted.returncode, linted.stdout) == (0, "")


def test_the_image_is_of_a_named_version_and_nobody_is_root() -> None:
    for stage in (0, 1):
        base = the("FROM", stage).split()[0]
        assert re.fullmatch(r".+:[\w.-]*\d[\w.-]*", base), base
    assert int(the("USER")) > 0


def test_what_is_copied_into_the_image_is_there_and_not_ignored() -> None:
    rules = (ROOT / ".dockerignore").read_text().split()
    assert rules[0] == "*"
    kept = {rule[1:] for rule in rules if rule.startswith("!")}
    sources = {name for word, rest in instructions(0) if word == "COPY" for name in rest.split()[:-1]}
    assert sources == kept
    assert all((ROOT / name).exists() for name in sources)
    dropped = [rule.removeprefix("**/") for rule in rules if rule.startswith("**/")]
    shipped = [
        path.name for path in (ROOT / "src" / "chromantic").rglob("*") if path.suffix in (".toml", ".safetensors")
    ]
    assert "default.safetensors" in shipped
    assert not [name for name in shipped for rule in dropped if fnmatch.fnmatch(name, rule)]


def test_the_image_runs_the_studio() -> None:
    assert json.loads(the("ENTRYPOINT")) == ["chromantic"]
    check_command(json.loads(the("CMD")))
    started = run(sys.executable, "-m", "chromantic", *json.loads(the("CMD")))
    assert started.returncode == 2
    assert "give a token" in started.stderr


@pytest.mark.parametrize("status", [200, 503, None])
def test_the_image_checks_its_health(answering: Any, status: int | None) -> None:
    (flags, command) = the("HEALTHCHECK").split(" CMD ")
    assert "--start-period=" in flags
    python, option, code = json.loads(command)
    assert (python, option) == ("python", "-c")
    assert "8000" in code
    with answering("/healthz", status) as port:
        checked = run(sys.executable, "-c", code.replace("8000", str(port)))
    assert (checked.returncode == 0) == (status == 200)


def test_compose_keeps_to_its_schema() -> None:
    checked = run(tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", ROOT / "compose.yaml")
    assert checked.returncode == 0, checked.stdout


def test_compose_starts_what_is_there_with_little_power() -> None:
    yaml = pytest.importorskip("yaml", reason="no PyYAML; pip install '.[dev]'")
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    for service in services.values():
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert "/tmp" in service["tmpfs"]
        assert re.search(r":\d", service.get("image", ":1"))
    assert "CHROMANTIC_TOKEN" in services["studio"]["environment"]
    check_command(services["studio"]["command"])
    assert "ports" not in services["studio"]
    files = dict(volume.split(":")[:2] for volume in services["nginx"]["volumes"])
    printed = ROOT / next(file for file in files if file.endswith("nginx.conf"))
    substitution = re.search(r"sed (s/\S+) (\S+)", services["nginx"]["command"][-1])
    assert substitution
    assert files[f"./{printed.relative_to(ROOT)}"] == substitution[2]
    written = run("sed", substitution[1], printed).stdout
    assert written.count("server studio:8000;") == 1
    assert set(re.findall(r"/etc/ssl/[\w.]+", written)) == set(files.values()) - {substitution[2]}


@pytest.mark.parametrize("unit", SERVICES, ids=lambda path: path.stem)
def test_services_are_sound_and_confined(unit: Path, tmp_path: Path) -> None:
    analyze = partial(run, tool("systemd-analyze"))
    text = unit.read_text()
    assert PROGRAM in text
    (tmp_path / unit.name).write_text(text.replace(PROGRAM, "/bin/true"))
    verified = analyze("verify", "--man=no", "--recursive-errors=no", tmp_path / unit.name)
    assert (verified.returncode, verified.stderr) == (0, "")
    confined = analyze("security", "--offline=yes", "--no-pager", "--threshold=15", unit)
    assert confined.returncode == 0, confined.stdout


@pytest.mark.parametrize("unit", SERVICES, ids=lambda path: path.stem)
def test_services_run_the_command_and_take_its_ends_for_what_they_are(unit: Path) -> None:
    settings = dict(re.findall(r"^(\w+)=(.*)$", unit.read_text(), flags=re.MULTILINE))
    program, *words = shlex.split(settings["ExecStart"])
    assert program == PROGRAM
    check_command(words)
    assert "143" in settings["SuccessExitStatus"].split()


def test_the_timer_is_sound() -> None:
    (timer,) = OFFERED.glob("*.timer")
    assert timer.with_suffix(".service") in SERVICES
    (calendar,) = re.findall(r"^OnCalendar=(.+)$", timer.read_text(), flags=re.MULTILINE)
    assert run(tool("systemd-analyze"), "calendar", calendar).returncode == 0


def test_the_cron_table_has_one_sound_line() -> None:
    lines = (OFFERED / "chromantic.cron").read_text().splitlines()
    (line,) = [each for each in lines if not re.match(r"#|\w+=", each)]
    match = re.fullmatch(
        r"(?P<times>([\d*]+ ){5})[a-z]+ nice -n 19 (?P<command>[^%>]+) >/dev/null 2>>\S+ \|\| .+", line
    )
    assert match
    assert all(time == "*" or 0 <= int(time) < 60 for time in match["times"].split())
    program, *words = match["command"].split()
    assert program == PROGRAM
    check_command(words)
