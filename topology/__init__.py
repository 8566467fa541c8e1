"""The topology: every service as a value. Imports no aws_cdk and no boto3."""

from pathlib import Path

# The code of the layer and of the functions. Python imports it by way of the launcher's `.pth`
# file, pytest's `pythonpath`, or the `app` command of cdk.json.
LAMBDAS = Path(__file__).resolve().parent.parent / "lambdas"
