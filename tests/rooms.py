"""The rooms of the project and the arrows between them; `test_architecture.py` holds them."""

from collections.abc import Mapping
from typing import Final

# The base classes of messages, and no message of a service.
BASES: Final = "contracts contracts.message contracts.timeout"

# Folder -> the modules of other folders that it may import. `service` is a folder of `lambdas/`
# beside contracts and messaging: it uses the runtime through its doors. Nothing but a demo, a
# system or a service imports the contracts of a team.
FOLDERS: Final[Mapping[str, str]] = {
    "app": "stacks* topology*",
    # Each name that stacks and runtime share is written once, in the runtime.
    "stacks": f"{BASES} topology* messaging.emf messaging.policy messaging.settings",
    # Values and pure rules: a topology loads in milliseconds.
    "topology": f"{BASES} messaging.limits messaging.policy messaging.settings",
    "contracts": "",
    "messaging": BASES,
    "service": "contracts* messaging messaging.http",
    "systems": "contracts* topology*",
    "demos": "contracts* topology* ops*",
    "ops": f"{BASES} topology*",
    "benchmarks": f"{BASES} topology* messaging* ops*",
}

# Folder -> its rooms from the top down. A room may import the rooms of lower lines; rooms of one
# line do not know each other. `__init__` is the folder's own module, `*` any other room.
ROOMS: Final[Mapping[str, str]] = {
    "messaging": """
        testing, __init__
        consumer
        function
        http
        conversation
        sending
        table
        wire, aws
        settings
        deadline
        errors, limits, policy, log, emf
    """,
    "messaging.consumer": """
        consumer
        batch
        execution
        intake, settlement, reporting
        model
        __init__
    """,
    "stacks": """
        nag
        system
        extensions
        service_stack, channels_stack, platform_stack, dashboard_stack
        observability
        http
        compute
        storage
        queues
        support
        deployment
        __init__
    """,
    "topology": """
        checks, registry, diagram
        rules
        routing, retries
        model
        names, filters, uses
        problems, __init__
    """,
    "ops": """
        __main__
        cli
        demo, quality
        up
        inspect
        local, systems, emulator_patches
        errors, paths, polling
        __init__
    """,
    "benchmarks": """
        __main__
        main
        cases
        environment
        contenders, orders, suite, turns
        result, functions, programs, system
        __init__
    """,
    # Each system and each demo stands alone.
    "systems": "*\n__init__",
    "demos": "*\n__init__",
}

# Package of others -> where it may be imported.
PACKAGES: Final[Mapping[str, str]] = {
    "aws_cdk": "app stacks*",
    "constructs": "app stacks*",
    "cdk_nag": "stacks.nag",
    "boto3": "",
    # A new session reads the models of every service; there is one for the process.
    "botocore.session": "messaging.aws.clients ops.local.aws",
    "botocore": "messaging* ops* benchmarks* demos* service*",
}

# Imports from a door are imports of the door, whatever it exports.
DOORS: Final = ("messaging", "messaging.http", "messaging.testing")
