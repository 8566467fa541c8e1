"""Templates as values."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws_cdk import App

import stacks
from stacks.deployment import Deployment
from stacks.system import build, find_extensions
from topology import model, names, registry

ROOT = Path(stacks.__file__).resolve().parent.parent
CONTEXT: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
PSEUDO = {"AWS::Partition": "aws", "AWS::Region": "eu-central-1", "AWS::AccountId": "123456789012"}
STAGE = "dev"

Resource = Mapping[str, Any]


@dataclass(frozen=True)
class Template:
    """One synthesized stack."""

    name: str
    document: Mapping[str, Any]

    @property
    def resources(self) -> Mapping[str, Resource]:
        """Every resource by its logical id."""
        found: Mapping[str, Resource] = self.document["Resources"]
        return found

    @property
    def outputs(self) -> dict[str, Any]:
        """Every output's value by its name."""
        return {name: each["Value"] for name, each in self.document.get("Outputs", {}).items()}

    def of(self, kind: str) -> dict[str, Resource]:
        """Every resource of a type, e.g. "AWS::SQS::Queue"."""
        return {id_: each for id_, each in self.resources.items() if each["Type"] == kind}

    def properties(self, logical_id: str) -> Mapping[str, Any]:
        """The properties of a resource."""
        found: Mapping[str, Any] = self.resources[logical_id].get("Properties", {})
        return found

    def announced(self, output: str) -> str:
        """The logical id of the resource that an output refers to."""
        found: str = self.outputs[output]["Ref"]
        return found


def text(value: Any) -> str:
    """A value of a template as text: a reference is its logical id, an attribute `id.Attribute`."""
    match value:
        case str():
            return value
        case {"Ref": str(name)}:
            return PSEUDO.get(name, name)
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return f"{name}.{attribute}"
        case {"Fn::Join": [str(separator), [*parts]]}:
            return separator.join(text(part) for part in parts)
    raise AssertionError(f"a test does not know {value!r}")


def topic_arn(name: str) -> str:
    """A topic's ARN where PSEUDO holds."""
    return f"arn:aws:sns:eu-central-1:123456789012:{name}"


def function_arn(name: str) -> str:
    """A function's ARN where PSEUDO holds."""
    return f"arn:aws:lambda:eu-central-1:123456789012:function:{name}"


def listed(value: Any) -> list[Any]:
    """A value that AWS lets be written alone or in a list."""
    return value if isinstance(value, list) else [value]


@dataclass(frozen=True)
class Assembly:
    """What `app.synth()` writes."""

    folder: Path
    templates: Mapping[str, Template]

    def asset(self, location: Mapping[str, Any]) -> Path:
        """The folder that a function's code or a layer's content is made from."""
        return self.folder / f"asset.{location['S3Key'].removesuffix('.zip')}"

    def bodies(self) -> dict[str, bytes]:
        """The templates as written."""
        return {path.name: path.read_bytes() for path in self.folder.glob("*.template.json")}


def read(folder: Path) -> Assembly:
    """Read a cloud assembly."""
    paths = folder.glob("*.template.json")
    documents = {each.name.split(".")[0]: json.loads(each.read_text()) for each in paths}
    return Assembly(
        folder, {name: Template(name, document) for name, document in documents.items()}
    )


def synthesize(
    system: model.System, deployment: Deployment, folder: Path, *, validate: bool = False
) -> Assembly:
    """Synthesize as `app.py` does; validating takes three seconds more."""
    app = App(outdir=str(folder), context=CONTEXT, builtin_cloud_formation_validation=validate)
    build(app, system, deployment, find_extensions(registry.systems().values()))
    app.synth()
    return read(folder)


def service_template(assembly: Assembly, service: model.Service) -> Template:
    """The stack with a service's consumers."""
    return assembly.templates[names.service_stack(STAGE, service.name)]
