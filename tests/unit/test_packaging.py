"""The distribution: three packages, found from every directory."""

import importlib.metadata
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
PACKAGES = ("gateway", "media", "signalling")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built from this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT,
        capture_output=True,
        timeout=120,
        check=True,
    )
    (built,) = folder.iterdir()
    return zipfile.ZipFile(built)


def test_the_wheel_holds_the_three_packages_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    version = importlib.metadata.version("cordboard")
    assert tops == {*PACKAGES, f"cordboard-{version}.dist-info"}


@pytest.mark.parametrize("package", PACKAGES)
def test_the_wheel_holds_every_module_and_its_types(wheel: zipfile.ZipFile, package: str) -> None:
    sources = {str(path.relative_to(ROOT)) for path in (ROOT / package).rglob("*.py")}
    assert sources | {f"{package}/py.typed"} <= set(wheel.namelist())


def test_the_wheel_brings_the_command(wheel: zipfile.ZipFile) -> None:
    (entry_points,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    assert "cordboard = gateway.cli.main:main" in wheel.read(entry_points).decode()


@pytest.mark.parametrize("package", PACKAGES)
def test_the_packages_are_ours_also_from_the_root_directory(package: str) -> None:
    """Linux has a /media there, which an import from / would take for a package of no files."""
    found = subprocess.run(
        [sys.executable, "-c", f"import {package}; print({package}.__file__)"],
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert Path(found.stdout.strip()) == ROOT / package / "__init__.py"
