"""Deploy the chaos system with the CDK CLI, and lead its functions to AWS through the proxy."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ops.inspect.endpoints import describe, read_outputs
from ops.local import deploy, emulator, state
from ops.local.aws import Aws
from ops.local.progress import Progress
from ops.local.state import Emulator
from stacks.deployment import Deployment
from tests.flows.chaos.faults import free_port
from tests.flows.chaos.lambdas.chaos_desk.handler import DIRECT, JOURNAL
from tests.flows.chaos.system import system
from tests.stacks.synthesis import synthesize
from topology import LAMBDAS

STAGE: Final = "chaos"
_SERVICE: Final = Path(__file__).parent / "lambdas" / "chaos_desk"
_NO_CACHE: Final = shutil.ignore_patterns("__pycache__")


@dataclass(frozen=True)
class Deployed:
    """The chaos system, running in an emulator of its own."""

    home: Path
    running: Emulator
    aws: Aws
    services: dict[str, Any]

    @property
    def topic(self) -> str:
        """Where tasks are published."""
        return str(self.services["ChaosDesk"]["msgOut"])

    @property
    def consumers(self) -> dict[str, dict[str, str]]:
        """Queue, dead-letter queue, function and log group of each consumer."""
        found: dict[str, dict[str, str]] = self.services["ChaosDesk"]["consumers"]
        return found

    @property
    def tables(self) -> dict[str, str]:
        """The deployed names of the tables."""
        found: dict[str, str] = self.services["ChaosDesk"]["tables"]
        return found

    @property
    def journal(self) -> Path:
        """Where workers note when an invocation begins and ends."""
        return self.home / "journal.jsonl"


def deploy_system(home: Path, progress: Progress) -> Deployed:
    """Start an emulator and deploy; the caller ends the emulator, also after an error."""
    lambdas = _gather(home)
    running, _ = emulator.start(home, free_port())
    progress.say(f"up at {running.endpoint} (pid {running.pid})")
    synthesize(
        system,
        Deployment(stage=STAGE, target="local", lambdas=lambdas),
        deploy.assembly(home),
    )
    deploy.bootstrap(home, running.endpoint)
    deploy.deploy(home, running.endpoint, state.Deployment(system.name, STAGE), progress)
    aws = Aws(running.endpoint)
    found = describe(running.endpoint, system, STAGE, read_outputs(aws))
    return Deployed(home, running, aws, found["services"])


def _gather(home: Path) -> Path:
    """Return a folder like `lambdas/` with the shared packages and the service of this test."""
    folder = home / "lambdas"
    for name in ("contracts", "messaging"):
        shutil.copytree(LAMBDAS / name, folder / name, ignore=_NO_CACHE)
    shutil.copytree(_SERVICE, folder / _SERVICE.name, ignore=_NO_CACHE)
    shutil.copy(LAMBDAS / "requirements.txt", folder)
    return folder


def lead_through(deployed: Deployed, proxy: str) -> None:
    """Give the functions another endpoint: the emulator lets a function's own variable win."""
    deployed.journal.touch()
    # The first request of each service makes the proxy read what botocore knows of it.
    through = Aws(proxy)
    through.sqs.list_queues()
    through.sns.list_topics()
    through.dynamodb.list_tables()
    for consumer in deployed.consumers.values():
        name = consumer["function"]
        found = deployed.aws.functions.get_function_configuration(FunctionName=name)
        variables = found["Environment"]["Variables"] | {
            "AWS_ENDPOINT_URL": proxy,
            DIRECT: deployed.running.endpoint,
            JOURNAL: str(deployed.journal),
        }
        deployed.aws.functions.update_function_configuration(
            FunctionName=name, Environment={"Variables": variables}
        )
