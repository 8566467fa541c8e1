"""The deployed services in short, for people."""

from typing import Any

from rich.console import Console


def render(found: dict[str, Any], console: Console) -> None:
    """Print each service with its consumers, functions and API URL."""
    console.print(f"\n{found['system']} is up at {found['endpoint']}, stage {found['stage']}")
    width = max(len(name) for name in found["services"])
    for name, service in found["services"].items():
        parts = [f"consumer {consumer}" for consumer in service["consumers"]]
        parts += [f"function {function}" for function in service["functions"]]
        if "api" in service:
            parts.append(service["api"])
        console.print(f"  {name:<{width}}  {', '.join(parts)}", markup=False, soft_wrap=True)
    console.print("Topics, queues, tables: ./waystation endpoints    Messages: ./waystation status")
