"""What a version deploys is kept whole, but for the layer."""

import json
import zipfile
from pathlib import Path

import pytest

from tests.systems import catalog
from tests.upgrades import keep
from topology import names

ARCHIVES = [
    pytest.param(path, id="/".join(path.parts[-2:])) for path in sorted(keep.HERE.glob("*/*.zip"))
]
each_archive = pytest.mark.parametrize("path", ARCHIVES)


def test_this_version_is_kept() -> None:
    assert [path for path in keep.kept().values() if not path.is_file()] == []


@each_archive
def test_only_the_layer_is_missing(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        files = archive.namelist()
        wanted = {
            asset["source"]["path"]: each
            for each in files
            if each.endswith(".assets.json")
            for asset in json.loads(archive.read(each))["files"].values()
        }
        missing = {name for name in wanted if not any(file.startswith(name) for file in files)}
        keys = {name.removeprefix("asset.") for name in missing}
        layers = {
            resource["Properties"]["Content"]["S3Key"].removesuffix(".zip")
            for each in files
            if each.endswith(".template.json")
            for resource in json.loads(archive.read(each))["Resources"].values()
            if resource["Type"] == "AWS::Lambda::LayerVersion"
        }
    assert keys == layers
    assert "manifest.json" in files


@pytest.mark.parametrize("name", keep.kept())
def test_every_service_has_its_code(name: str) -> None:
    with zipfile.ZipFile(keep.kept()[name]) as archive:
        folders = {Path(each).parts[1] for each in archive.namelist() if each.startswith("asset.")}
    assert folders == {names.package(service.name) for service in catalog.SYSTEMS[name].services}


def test_the_same_sources_make_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("one", "other"):
        keep.write(catalog.SYSTEMS["warehouse"], tmp_path / f"{folder}.zip", tmp_path / folder)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "other.zip").read_bytes()
