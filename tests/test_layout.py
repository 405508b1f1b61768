"""The house: folders, packaging, imports. Each test guards a way in which such a layout has broken elsewhere."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
FOLDERS = {"headway": "platform/headway", **{f"headway.{d}": d for d in ("domains", "pipelines", "configs")}}
SOURCES = [path for folder in FOLDERS.values() for path in sorted((ROOT / folder).rglob("*.py"))]
DOMAINS = sorted(path.parent.name for path in (ROOT / "domains").glob("*/__init__.py"))
HEAVY = {"torch", "mlflow", "pandas", "ortools", "stable_baselines3", "skfolio", "pyvrp", "matplotlib", "scipy"}


def python(code: str, *, cwd: Path = ROOT, check: bool = True) -> str:
    """What a fresh interpreter prints; its working folder is first on its path."""
    done = subprocess.run([sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, done.stderr
    return done.stdout.strip()


def module_name(path: Path) -> str:
    """The import name of a source file."""
    name, folder = next((n, f) for n, f in FOLDERS.items() if path.is_relative_to(ROOT / f))
    inner = path.relative_to(ROOT / folder).with_suffix("").parts
    return ".".join((name, *inner)).removesuffix(".__init__")


# -- folders ------------------------------------------------------------------------------------
def test_platform_is_no_module():
    """With an ``__init__.py`` in it, `platform/` would shadow Python's own module for whoever runs in the root."""
    assert not (ROOT / "platform" / "__init__.py").exists()
    assert not (ROOT / "platform.py").exists()
    assert not (ROOT / "platform" / "platform.py").exists()


@pytest.mark.parametrize("folder", [".", "platform"])
def test_the_standard_library_wins(folder):
    """``import platform`` is Python's, also from the root and from inside the folder of that name."""
    assert python("import platform; print(platform.system())", cwd=ROOT / folder)


def test_torch_imports_from_the_root():
    """torch imports `platform` itself: the first thing to break in this layout."""
    assert python("import torch; print(torch.ones(1).item())") == "1.0"


def test_packages_are_what_is_on_disk():
    """The explicit list of packages equals the folders with an ``__init__.py``."""
    on_disk = {module_name(path) for path in SOURCES if path.name == "__init__.py"}
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == on_disk


def test_entry_points_exist():
    """Every entry point names a module and an attribute that are there."""
    points = PROJECT["project"]["entry-points"] | {"scripts": PROJECT["project"]["scripts"]}
    for group in points.values():
        for target in group.values():
            module, _, attribute = target.partition(":")
            source = next(path for path in SOURCES if module_name(path) == module)
            assert attribute in source.read_text(), target


def test_every_shipped_domain_has_an_entry_point():
    """A domain folder without one would never be found."""
    assert sorted(PROJECT["project"]["entry-points"]["headway.domains"]) == DOMAINS


# -- the wheel ----------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The names in a wheel built from a copy of the sources."""
    copy = tmp_path_factory.mktemp("sources")
    for folder in ("platform", "domains", "pipelines", "configs"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, copy)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-build-isolation", "--no-deps", "-w", "dist", "."]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = (copy / "dist").glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return set(archive.namelist())


def test_the_wheel_has_every_file(wheel):
    """Modules, YAML, templates, data: nothing that works in a checkout is missing after an install."""
    for name, folder in FOLDERS.items():
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                inside = "/".join((*name.split("."), *path.relative_to(ROOT / folder).parts))
                assert inside in wheel, inside


def test_the_wheel_has_one_import_name(wheel):
    """No top-level `domains`, `pipelines`, `configs` or `platform` to collide with other packages."""
    assert {name.split("/")[0] for name in wheel if ".dist-info/" not in name} == {"headway"}


# -- imports ------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The mapped folders linked into one package, which import-linter can follow."""
    folder = tmp_path_factory.mktemp("linked")
    (folder / "headway").mkdir()
    for path in [*(ROOT / "platform" / "headway").iterdir(), *(ROOT / d for d in ("domains", "pipelines", "configs"))]:
        (folder / "headway" / path.name).symlink_to(path)
    return folder


def test_imports_go_one_way(package):
    """The import contracts in pyproject.toml hold."""
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--config", ROOT / "pyproject.toml"]
    done = subprocess.run(
        command, cwd=package, env={"PYTHONPATH": str(package)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_contracts_cover_everything():
    """No module of the platform and no domain is left out of the contracts."""
    contracts = {c["name"]: c for c in PROJECT["tool"]["importlinter"]["contracts"]}
    platform = contracts["the platform imports neither domains nor pipelines"]["source_modules"]
    parts = {
        p.stem for p in (ROOT / "platform" / "headway").iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()
    }
    assert set(platform) == {f"headway.{name}" for name in parts - {"__init__"}}
    independent = contracts["domains import the platform only, never each other or the pipelines"]["modules"]
    assert sorted(independent) == [f"headway.domains.{name}" for name in DOMAINS]


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_domain_stands_alone(domain):
    """Each domain and its problems, environments and baselines load where no other domain can be imported."""
    others = [f"headway.domains.{name}" for name in DOMAINS if name != domain]
    code = f"""
import sys
for name in {others}:
    sys.modules[name] = None
from importlib import import_module
from headway.problem import lookup
domain = import_module("headway.domains.{domain}").domain
for name in domain.problems:
    problem = lookup("problem", name, domain.problems)
    for table in (problem.environments, problem.baselines, problem.oracles):
        assert all(lookup("part", part, table) for part in table)
print(len(domain.problems))
"""
    assert int(python(code)) >= 1


def test_heavy_imports_are_lazy():
    """Looking at what is installed, down to the classes of problems and environments, loads nothing heavy."""
    code = f"""
import sys, headway
from headway.registry import problem_class, problems
from headway.problem import lookup
for name in problems():
    problem = problem_class(name)
    for part in problem.environments:
        lookup("environment", part, problem.environments)
print(sorted({HEAVY} & set(sys.modules)))
"""
    assert python(code) == "[]"


def test_importing_headway_is_free():
    """``import headway`` loads neither numpy nor anything else of weight."""
    assert python("import sys, headway; print('numpy' in sys.modules)") == "False"


# -- sources ------------------------------------------------------------------------------------
def trees():
    return [(path, ast.parse(path.read_text())) for path in SOURCES]


def test_nothing_runs_what_it_reads():
    """No pickle, eval, exec or unsafe YAML, no importable names in configurations."""
    for path, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                names = {alias.name for alias in node.names} | {getattr(node, "module", None) or ""}
                banned = {"pickle", "cloudpickle", "dill", "marshal", "shelve"}
                assert not banned & {name.split(".")[0] for name in names}, path
                if "joblib" in names:  # it spreads work; what it loads is a pickle
                    assert isinstance(node, ast.ImportFrom), path
                    assert not {"load", "dump", "Memory"} & names, path
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("eval", "exec", "compile"), path
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "yaml":
                assert node.attr not in ("load", "unsafe_load", "full_load", "load_all"), path
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
                assert isinstance(node.value, ast.Constant), path
                assert node.value.value is False, path
        assert "_target_" not in path.read_text(), path


def test_no_code_asks_which_domain_it_is():
    """Outside its own folder no domain or problem is named in a comparison, a subscript or a table."""
    from headway.registry import domains

    names = set(DOMAINS) | {f"{d}/{p}" for d in DOMAINS for p in domains()[d].problems}
    for path, tree in trees():
        if path.is_relative_to(ROOT / "domains"):
            continue
        for node in ast.walk(tree):
            parts: list[ast.AST | None] = []
            if isinstance(node, ast.Compare):
                parts = [node.left, *node.comparators]
            elif isinstance(node, ast.Dict):
                parts = list(node.keys)
            elif isinstance(node, ast.Subscript):
                parts = [node.slice]
            elif isinstance(node, ast.MatchValue):
                parts = [node.value]
            found = {c.value for part in parts if part for c in ast.walk(part) if isinstance(c, ast.Constant)}
            assert not names & found, f"{path}:{getattr(node, 'lineno', '')}"


def test_files_are_short():
    """No source file is longer than 400 lines."""
    long = {str(path.relative_to(ROOT)): n for path in SOURCES if (n := len(path.read_text().splitlines())) > 400}
    assert not long
