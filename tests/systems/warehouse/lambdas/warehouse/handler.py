"""What Warehouse accepts, and where it goes."""

from contracts.warehouse import Move, Moved
from messaging import Consumer, Context

tasks = Consumer()


@tasks.on(Move)
def move(task: Move, context: Context) -> None:
    """Say that the item was moved."""
    note = "x" * task.note
    context.publish(Moved(item=task.item, to=task.to, failures=task.failures, note=note))
