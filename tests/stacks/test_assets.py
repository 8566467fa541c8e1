import shutil
from pathlib import Path

import pytest

from stacks.deployment import Deployment
from tests.stacks.conftest import Code, Synthesized
from tests.stacks.synthesis import Assembly, service_template, synthesize
from tests.systems.every import every_service, every_system
from topology import model, names


@pytest.fixture
def lambdas(tmp_path: Path, system: model.System, code: Code) -> Path:
    """A copy of the code that runs in AWS, with what tools leave lying about."""
    copy = tmp_path / "lambdas"
    shutil.copytree(code(system), copy, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in [each for each in copy.iterdir() if each.is_dir()]:
        (folder / "__pycache__").mkdir()
        (folder / "__pycache__" / "handler.cpython-311.pyc").write_bytes(b"stale")
    return copy


def assets(assembly: Assembly, service: model.Service) -> set[str]:
    """Where a service's functions get their code: one asset."""
    functions = service_template(assembly, service).of("AWS::Lambda::Function").values()
    return {each["Properties"]["Code"]["S3Key"] for each in functions}


@every_service
def test_a_functions_asset_holds_its_own_service_only(
    assembly: Synthesized, code: Code, system: model.System, service: model.Service
) -> None:
    done, package, root = assembly(system), names.package(service.name), code(system)
    for each in service_template(done, service).of("AWS::Lambda::Function").values():
        asset = done.asset(each["Properties"]["Code"])
        files = {path.relative_to(asset) for path in asset.rglob("*") if path.is_file()}
        own = {path.relative_to(root) for path in (root / package).rglob("*.py")}
        assert files == own
        assert Path(package, "handler.py") in files


@every_system
def test_changing_one_service_changes_the_code_of_that_service_only(
    assembly: Synthesized, system: model.System, tmp_path: Path, lambdas: Path
) -> None:
    changed = system.services[-1]
    with (lambdas / names.package(changed.name) / "handler.py").open("a") as file:
        file.write("# changed\n")
    before, after = (
        assembly(system),
        synthesize(system, Deployment(lambdas=lambdas), tmp_path / "out"),
    )
    differing = [each for each in system.services if assets(before, each) != assets(after, each)]
    assert differing == [changed]
    stacks = {name for name, body in after.bodies().items() if body != before.bodies()[name]}
    assert stacks == {f"{names.service_stack('dev', changed.name)}.template.json"}


@every_system
def test_the_error_for_a_service_without_a_handler_names_the_missing_file(
    system: model.System, tmp_path: Path, lambdas: Path
) -> None:
    package = names.package(system.services[0].name)
    (lambdas / package / "handler.py").unlink()
    with pytest.raises(FileNotFoundError, match=f"lambdas/{package}/handler.py"):
        synthesize(system, Deployment(lambdas=lambdas), tmp_path / "out")
