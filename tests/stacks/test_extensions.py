"""A team's own CDK code: found by the name of its module, passed down from the top."""

from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from aws_cdk import App

from stacks.deployment import Deployment
from stacks.storage.extension import Extension
from stacks.system import InvalidExtension, build, find_extensions
from tests.stacks import own_extensions
from tests.stacks.conftest import Code
from tests.stacks.own_extensions.editors import Extension as Greeting
from tests.stacks.synthesis import CONTEXT, STAGE, Assembly, read
from tests.stacks.test_functions import settings
from tests.stacks.test_permissions import granted
from tests.systems.press.system import system
from topology import names, registry


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory, code: Code) -> Assembly:
    """The test system, with an extension of one of its services."""
    folder = tmp_path_factory.mktemp("extended")
    app = App(outdir=str(folder), context=CONTEXT)
    build(app, system, Deployment(lambdas=code(system)), find_extensions([system], own_extensions))
    app.synth()
    return read(folder)


def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **modules: str) -> ModuleType:
    """A new package with these modules."""
    name = f"{tmp_path.name}_extensions"
    (tmp_path / name).mkdir()
    for module, source in modules.items():
        (tmp_path / name / f"{module}.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    return import_module(name)


def test_a_module_is_found_by_the_name_of_its_services_package() -> None:
    expected: dict[str, type[Extension]] = {"editors": Greeting}
    assert find_extensions([system], own_extensions) == expected


def test_only_its_service_has_the_resources(extended: Assembly) -> None:
    parameters = {
        name: [id_ for id_ in template.of("AWS::SSM::Parameter") if id_.startswith("GreetingText")]
        for name, template in extended.templates.items()
    }
    editors = names.service_stack(STAGE, "Editors")
    assert len(parameters.pop(editors)) == 1
    assert not any(parameters.values())


def test_every_function_finds_the_resources_and_may_use_what_the_extension_grants_to_it(
    extended: Assembly,
) -> None:
    template = extended.templates[names.service_stack(STAGE, "Editors")]
    (parameter,) = template.of("AWS::SSM::Parameter")
    arn = f"arn:aws:ssm:eu-central-1:123456789012:parameter/{parameter}"
    pages = template.announced("PagesFunction")
    for function in template.of("AWS::Lambda::Function"):
        assert settings(template, function).resources["greeting"] == parameter
        found = granted(template, function).get(arn, set())
        assert found == ({"ssm:GetParameter"} if function == pages else set())


def test_every_extension_of_the_project_belongs_to_a_service() -> None:
    systems = registry.systems().values()
    packages = {names.package(service.name) for each in systems for service in each.services}
    assert find_extensions(systems).keys() <= packages


def test_no_extension_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_extensions([system], package(tmp_path, monkeypatch)) == {}


@pytest.mark.parametrize("source", ["", "Extension = None\n", "def Extension(): ...\n"])
def test_a_module_without_the_class_is_an_error(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidExtension, match=r"\.readers: the module has no class `Extension`"):
        find_extensions([system], package(tmp_path, monkeypatch, readers=source))


def test_a_module_whose_service_is_in_no_system_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "class Extension: ...\n"
    made = package(tmp_path, monkeypatch, readers=source, reders=source)
    with pytest.raises(InvalidExtension, match=r"\.reders: no system has .* `reders`\. Fix: "):
        find_extensions([system], made)
