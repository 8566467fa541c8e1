"""The topology: every service as a value. Imports no aws_cdk and no boto3."""

from pathlib import Path

# What becomes the layer and the functions' assets. Python finds it through the environment: the
# launcher's `.pth` file, pytest's `pythonpath`, or the `app` command of cdk.json.
LAMBDAS = Path(__file__).resolve().parent.parent / "lambdas"
