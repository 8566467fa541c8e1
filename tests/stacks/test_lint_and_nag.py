"""cdk-nag on the tests' own systems; `check` runs it on those of systems/, and cfn-lint on all."""

import pytest

from stacks.deployment import Deployment
from stacks.nag import findings
from tests.stacks.conftest import Code
from tests.stacks.templates import DEPLOYMENTS
from tests.systems.catalog import SYSTEMS
from topology import model

# A service that only invokes others has nothing to encrypt: it looks up a key and uses none.
UNUSED_KEY = pytest.mark.xfail(strict=True, reason="W2001: Passports does not use its key")


@pytest.mark.parametrize(
    ("system", "customer_key"),
    [
        *(pytest.param(*each, id=name) for name, each in DEPLOYMENTS.items()),
        pytest.param(SYSTEMS["travel"], True, marks=UNUSED_KEY, id="travel-key"),
    ],
)
def test_cdk_nag_finds_nothing_unexplained(
    code: Code, system: model.System, customer_key: bool
) -> None:
    assert findings(system, Deployment(customer_key=customer_key, lambdas=code(system))) == []


def test_check_lints_every_system_of_the_tests() -> None:
    assert {system.name for system, _ in DEPLOYMENTS.values()} == SYSTEMS.keys()
