"""What Generator accepts and answers, and where it goes."""

from contracts.generator import ConfirmString, GenerateString, StringGenerated
from generator import failures, strings
from messaging import Consumer, Context

requests = Consumer()


@requests.on(GenerateString)
def generate(command: GenerateString, context: Context) -> StringGenerated:
    """Generate the string and answer who asked, unless told to fail."""
    failures.fail_on_command(command.fail_times, context.attempt)
    return strings.generate(command)


@requests.on(ConfirmString)
def confirm(command: ConfirmString, context: Context) -> None:
    """Note that who asked for the string has it."""
    strings.receive(command.id)
