"""The house: which package may import which, and what the engine must not load."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BASE = {"sim.units", "sim.errors", "sim.value"}
ALLOWED = {
    "sim.units": set(),
    "sim.errors": set(),
    "sim.value": set(),
    "sim.rules": BASE,
    "sim.record": BASE,
    "sim.scenario": BASE | {"sim.rules"},
    "sim.cluster": BASE | {"sim.rules", "sim.record", "sim.scenario.model"},
    "sim.analysis": BASE | {"sim.rules", "sim.record", "sim.scenario.model"},
    "sim.report": BASE
    | {"sim.rules", "sim.record", "sim.scenario.model", "sim.analysis"},
    "sim.page": {"sim.units", "sim.rules", "sim.record", "sim.analysis"}
    | {"sim.report.style", "sim.report.marks"},
    "sim.lessons": BASE
    | {"sim.rules", "sim.scenario", "sim.analysis", "sim.report", "sim.runner"},
}
THIRD_PARTY = {
    "sim.units": set(),
    "sim.errors": set(),
    "sim.value": set(),
    "sim.rules": set(),
    "sim.record": {"numpy"},
    "sim.scenario": {"yaml", "pydantic", "pydantic_core"},
    "sim.cluster": {"simpy"},
    "sim.analysis": {"pandas", "numpy"},
    "sim.report": {"pandas", "numpy", "matplotlib", "PIL"},
    "sim.page": {"pandas", "numpy"},
    "sim.lessons": {"pydantic"},
}
# The engine's parts, the lowest first: none imports one above it.
CLUSTER = (
    "sim.cluster.network",
    "sim.cluster.registry",
    "sim.cluster.runtime",
    "sim.cluster.kubelet",
    "sim.cluster.storm",
    "sim.cluster.control_plane",
    "sim.cluster.controllers",
    "sim.cluster.nodes",
)
# The storm works in arrays; only a compact record loads it.
ARRAYS = "sim.cluster.storm"
HEAVY = ("numpy", "pandas", "matplotlib", "joblib", "rich")


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted((ROOT / "sim").rglob("*.py")):
        dotted = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        yield dotted.removesuffix(".__init__"), path


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def package(module: str) -> str | None:
    return next((p for p in ALLOWED if module == p or module.startswith(p + ".")), None)


# The edge (cli, runner, run_folder, run_page, the package) may import everything.
INSIDE = [(module, path) for module, path in modules() if package(module)]


@pytest.mark.parametrize(("module", "path"), INSIDE)
def test_imports_go_one_way(module: str, path: Path) -> None:
    """A module imports only what its package may."""
    own = package(module)
    assert own is not None
    libraries = THIRD_PARTY[own] | ({"numpy"} if module.startswith(ARRAYS) else set())

    wrong = []
    for name in imports(path):
        if name.split(".")[0] == "sim":
            allowed = ALLOWED[own] | {own}
            if not any(name == a or name.startswith(a + ".") for a in allowed):
                wrong.append(name)
        elif name.split(".")[0] not in sys.stdlib_module_names | libraries:
            wrong.append(name)

    assert not wrong


def height(module: str) -> int:
    """Return how high a part of the engine is, -1 for none."""
    found = [part for part in CLUSTER if f"{module}.".startswith(f"{part}.")]
    return CLUSTER.index(found[0]) if found else -1


@pytest.mark.parametrize(
    ("module", "path"), [one for one in INSIDE if height(one[0]) >= 0]
)
def test_parts_of_the_engine_stand_on_each_other(module: str, path: Path) -> None:
    """From links over registries, runtimes and kubelets to the nodes of a cluster."""
    assert all(height(name) <= height(module) for name in imports(path))


def test_no_import_hides_behind_type_checking() -> None:
    """No module hides a cycle behind TYPE_CHECKING."""
    hidden = [
        str(path)
        for _, path in modules()
        if "TYPE_CHECKING" in path.read_text(encoding="utf-8")
    ]

    assert hidden == []


def test_the_engine_runs_without_the_heavy_libraries() -> None:
    """Border and engine run a scenario while the heavy libraries are blocked."""
    program = f"""
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.split('.')[0] in {HEAVY!r}:
            raise ImportError('blocked: ' + name)
sys.meta_path.insert(0, Block())
from pathlib import Path
from sim.scenario.loader import load_scenario
from sim.cluster.world import simulate
log, _ = simulate(load_scenario(Path('scenarios/tag_mutation.yaml')).variants[0])
print(len(log))
"""

    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 100


def test_help_loads_none_of_the_heavy_libraries() -> None:
    """``--help`` answers without loading numpy, pandas or matplotlib."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "sim", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    loaded = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}

    assert not loaded & set(HEAVY)
