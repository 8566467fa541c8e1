"""What is known of an error: here, the action that AWS denied."""

import pytest
from botocore.exceptions import ClientError

from messaging.errors import PublishFailed
from messaging.wire.failure import failure_of

TEXT = (
    "User: arn:aws:sts::1:assumed-role/r/f is not authorized to perform: SNS:Publish on resource: "
    "arn:aws:sns:us-east-1:1:t because no identity-based policy allows the SNS:Publish action"
)


def denial() -> ClientError:
    """The error of a denied call."""
    return ClientError({"Error": {"Code": "AuthorizationError", "Message": TEXT}}, "Publish")


def test_a_denied_action_is_named() -> None:
    assert failure_of(denial()).log_fields["denied"] == "SNS:Publish"
    assert failure_of(PublishFailed(f"it could not leave: {TEXT}")).denied == "SNS:Publish"


def test_the_action_behind_another_error_is_named() -> None:
    with pytest.raises(PublishFailed) as caught:
        raise PublishFailed from denial()
    assert failure_of(caught.value).denied == "SNS:Publish"


@pytest.mark.parametrize(
    "error",
    [ValueError("x"), PublishFailed(), ValueError("is not authorized to perform: Jane Roe")],
)
def test_another_error_names_no_action(error: Exception) -> None:
    assert "denied" not in failure_of(error).log_fields
