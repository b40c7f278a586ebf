"""Passwords and tokens of the input never reach an output.

The one exception is the run folder's ``scenario.yaml``: it is the text that was run,
word for word, and its SHA-256 stands in ``run.json``.
"""

import base64
import json
import zipfile
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import cli

WORLD = Path(__file__).with_name("secrets") / "world.yaml"
FILE = """\
apiVersion: v1
kind: Secret
metadata:
  name: filed
type: kubernetes.io/dockerconfigjson
data:
  .dockerconfigjson: >-
    B64FILE
"""
# A mistake beside a secret: what to write instead of what, on the line with the mark.
MISTAKES = {
    "accounts": ("ci: SECRET", "ci:SECRET"),
    "config": ("auths: {r", "auths: [r"),
    "plug-in": ("username: ci,", "usrname: ci,"),
    "auth": ('auth: "B64AUTH"', 'auth: "B64AUTH'),
    "text": ("'{\"r", '{"r'),
    "stringData": ("stringData: {", "stringData: [*"),
    "env": ("name: c,", "name: [c],"),
    "createSecret": ("password: SECRET", "password: [SECRET]"),
    "kubectl": ("docker-registry", "docker-rgistry"),
    "login": ("docker login", "docker lgin"),
    "crictl": ("crictl pull", "crictl pul"),
    "changeNode": ("identitytoken: SECRET", "identitytoken: *SECRET"),
    "variant": ("username: ci", "username: ci, username: SECRET"),
}
WORDS = st.text("abcdefghkmnxyz0123456789", min_size=12, max_size=20).map("q".__add__)


def forms(secret: str) -> list[str]:
    """A secret as it may appear: plain, in a login, in a whole file's base64."""
    login = base64.b64encode(f"ci:{secret}".encode()).decode()
    return [secret, login, in_file(secret)]


def in_file(secret: str) -> str:
    login = {"auths": {"r.example": {"username": "ci", "password": secret}}}
    return base64.b64encode(json.dumps(login).encode()).decode()


def write(folder: Path, secret: str, text: str = "") -> Path:
    plain, login, filed = forms(secret)
    path = folder / "s.yaml"
    text = text or WORLD.read_text(encoding="utf-8")
    text = text.replace("SECRET", plain).replace("B64AUTH", login)
    path.write_text(text, encoding="utf-8")
    (folder / "file.yaml").write_text(FILE.replace("B64FILE", filed), encoding="utf-8")
    return path


def call(*words: str | Path) -> tuple[int, str]:
    """The exit code, and everything on the screen."""
    screen = StringIO()
    with redirect_stdout(screen), redirect_stderr(screen):
        code = cli.main([str(word) for word in words])
    return code, screen.getvalue()


def contents(folder: Path) -> dict[str, str]:
    """Every file of a folder, those in archives too."""
    found = {}
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = str(file.relative_to(folder))
        if file.suffix == ".zip":
            with zipfile.ZipFile(file) as archive:
                for inner in archive.namelist():
                    found[f"{name}/{inner}"] = archive.read(inner).decode("latin-1")
        else:
            found[name] = file.read_bytes().decode("latin-1")
    return found


def leaks(secret: str, texts: dict[str, str]) -> list[str]:
    return [
        name for name, text in texts.items() if any(f in text for f in forms(secret))
    ]


@settings(max_examples=2, deadline=None)
@given(secret=WORDS)
def test_a_run_tells_no_secret(secret: str) -> None:
    """Not on the screen, not in a record, a table or an explanation."""
    with TemporaryDirectory() as name:
        run = Path(name) / "run"
        path = write(Path(name), secret)
        code, screen = call(path, "--no-charts", "--out", run)
        told = {
            "screen": screen,
            "why": call("explain", run, "pod/p")[1],
            "events": call("events", run, "--variant", "another")[1],
            "check": call("validate", path)[1],
        }
        written = contents(run)

    assert code == 0, screen
    copy = written.pop("scenario.yaml")
    assert secret in copy
    assert len(written) > 10
    assert leaks(secret, told | written) == []


@pytest.mark.parametrize("where", MISTAKES)
@settings(max_examples=2, deadline=None)
@given(secret=WORDS)
def test_a_mistake_beside_a_secret_does_not_show_it(where: str, secret: str) -> None:
    """Not its line, and not the value; the place is told."""
    right, wrong = MISTAKES[where]
    lines = WORLD.read_text(encoding="utf-8").splitlines()
    (number,) = [n for n, line in enumerate(lines) if line.endswith(f"# bad: {where}")]
    assert right in lines[number]
    lines[number] = lines[number].replace(right, wrong)
    with TemporaryDirectory() as name:
        path = write(Path(name), secret, "\n".join(lines) + "\n")
        code, screen = call("validate", path)

    assert code == 2, screen
    assert "s.yaml:" in screen
    assert leaks(secret, {where: screen}) == []


@pytest.mark.parametrize(
    "change",
    ["type: Opaque\n: ", "kind: [Secret", "data: 3\n#", "  .dockerconfigjson: 'x"],
)
@settings(max_examples=2, deadline=None)
@given(secret=WORDS)
def test_a_broken_file_with_a_secret_does_not_show_it(change: str, secret: str) -> None:
    """Also where the file is no YAML, its lines stay unseen."""
    with TemporaryDirectory() as name:
        path = write(Path(name), secret)
        file = Path(name) / "file.yaml"
        text = file.read_text(encoding="utf-8")
        key = change.partition(":")[0] + ":"
        file.write_text(text.replace(key, change, 1), encoding="utf-8")
        codes = [call("validate", path), call("import", file, "--out", Path(name, "o"))]

    assert codes[0][0] == 2, codes
    assert leaks(secret, {"validate": codes[0][1], "import": codes[1][1]}) == []


@pytest.mark.parametrize(
    "path",
    [
        "registries.r.example.accounts.ci.x=SECRET",
        "registries.r.example.accounts=[SECRET",
        "nodes.worker.dockerConfig=SECRET",
        "nodes.worker.credentialProviders.plug.auth.r.example.password=[SECRET]",
    ],
)
def test_a_wrong_set_does_not_show_its_secret(path: str, tmp_path: Path) -> None:
    """The path says which word is meant."""
    secret = "qhunter2hunter2"  # noqa: S105 - made up
    word = path.replace("SECRET", secret)
    code, screen = call("validate", write(tmp_path, secret), "--set", word)

    assert code == 2, screen
    assert f"--set {path.partition('=')[0]}=***" in screen
    assert leaks(secret, {"set": screen}) == []
