import shutil
from pathlib import Path

import pytest

from stacks.compute import layer
from stacks.compute.layer import CACHE, LayerNotBuilt, build_layer
from stacks.deployment import Target
from topology import LAMBDAS


@pytest.fixture
def lambdas(tmp_path: Path) -> Path:
    """A copy of what the layer is made from."""
    copy = tmp_path / "lambdas"
    shutil.copytree(LAMBDAS, copy)
    return copy


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no package be installed."""

    def fail(requirements: Path, folder: Path, target: Target) -> None:
        raise LayerNotBuilt("offline")

    monkeypatch.setattr(layer, "install", fail)


def content(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file below a folder: its path, mode and bytes."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(p.relative_to(folder)): (p.stat().st_mode, p.read_bytes()) for p in files}


def test_a_layer_that_was_built_needs_no_network(request: pytest.FixtureRequest) -> None:
    built = build_layer(LAMBDAS, "aws")
    request.getfixturevalue("offline")
    assert build_layer(LAMBDAS, "aws") == built


@pytest.mark.parametrize("target", ["aws", "local"])
def test_building_again_gives_the_same_layer_byte_for_byte(target: Target, tmp_path: Path) -> None:
    first = build_layer(LAMBDAS, target)
    second = build_layer(LAMBDAS, target, tmp_path / "cache")
    assert first.name == second.name
    assert content(first) == content(second)


def test_a_layer_holds_the_runtime_the_contracts_and_wheels_for_lambda() -> None:
    files = set(content(build_layer(LAMBDAS, "aws")))
    assert {"python/messaging/settings.py", "python/contracts/message.py"} <= files
    native = [name for name in files if name.endswith(".so")]
    assert native
    assert all("314-aarch64-linux" in name for name in native)
    unwanted = ("__pycache__", ".pyc", "messaging/testing", "boto")
    assert [name for name in files if any(part in name for part in unwanted)] == []


def test_everyone_may_read_a_layer() -> None:
    for mode, _ in content(build_layer(LAMBDAS, "aws")).values():
        assert mode & 0o777 == 0o644


def test_a_changed_contract_makes_another_layer_from_the_same_packages(
    lambdas: Path, tmp_path: Path
) -> None:
    before = build_layer(lambdas, "local", tmp_path / "cache")
    with (lambdas / "contracts" / "message.py").open("a") as file:
        file.write("# changed\n")
    after = build_layer(lambdas, "local", tmp_path / "cache")
    assert before.name != after.name
    assert len(list((tmp_path / "cache").glob("packages-*"))) == 1


def test_a_changed_service_leaves_the_layer_alone(lambdas: Path, tmp_path: Path) -> None:
    handler = lambdas / "weather" / "handler.py"
    handler.parent.mkdir()
    handler.write_text("")
    before = build_layer(lambdas, "local", tmp_path / "cache")
    handler.write_text("# changed\n")
    assert build_layer(lambdas, "local", tmp_path / "cache") == before


@pytest.mark.usefixtures("offline")
def test_a_failed_build_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(LayerNotBuilt):
        build_layer(LAMBDAS, "aws", tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_package_without_a_wheel_says_what_to_do(lambdas: Path, tmp_path: Path) -> None:
    (lambdas / "requirements.txt").write_text("./nowhere\n")
    with pytest.raises(LayerNotBuilt, match=r"Go online once(.|\n)*Output of uv:(.|\n)*nowhere"):
        build_layer(lambdas, "aws", tmp_path / "cache")


def test_the_cache_is_not_part_of_the_project() -> None:
    ignored = (CACHE.parent.parent / ".gitignore").read_text().split()
    assert ".waystation/" in ignored
