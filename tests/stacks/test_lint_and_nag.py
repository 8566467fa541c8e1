"""cdk-nag on the tests' own systems; `check` runs it on those of systems/, and cfn-lint on all."""

import pytest

from stacks.deployment import Deployment
from stacks.nag import findings
from tests.stacks.conftest import Code
from tests.stacks.templates import DEPLOYMENTS
from tests.systems.catalog import SYSTEMS
from topology import model


@pytest.mark.parametrize(("system", "customer_key"), DEPLOYMENTS.values(), ids=DEPLOYMENTS)
def test_cdk_nag_finds_nothing_unexplained(
    code: Code, system: model.System, customer_key: bool
) -> None:
    assert findings(system, Deployment(customer_key=customer_key, lambdas=code(system))) == []


def test_check_lints_every_system_of_the_tests() -> None:
    assert {system.name for system, _ in DEPLOYMENTS.values()} == SYSTEMS.keys()
