"""cdk-nag on the tests' own systems; `check` runs it on the others, and cfn-lint on all."""

import pytest

from stacks.deployment import Deployment
from stacks.nag import findings
from tests.stacks import templates
from tests.stacks.conftest import Code
from tests.stacks.conversations import system as talks
from tests.stacks.synthesis import SYSTEMS
from tests.warehouse.system import system as warehouse
from topology import model, registry

with_and_without_key = pytest.mark.parametrize("customer_key", [False, True])
every_test_system = pytest.mark.parametrize(
    "system", [warehouse, talks], ids=lambda system: system.name
)


@every_test_system
@with_and_without_key
def test_cdk_nag_finds_nothing_unexplained(
    code: Code, system: model.System, customer_key: bool
) -> None:
    assert findings(system, Deployment(customer_key=customer_key, lambdas=code(system))) == []


def test_check_lints_every_system_of_the_tests() -> None:
    own = {each.system.name for each in templates.SYSTEMS}
    assert own == SYSTEMS.keys() - registry.systems().keys()
