"""The map: every service as a value. Imports no aws_cdk and no boto3."""

import sys
from pathlib import Path

# On AWS the layer and the function's asset are import roots; here the folder they are built from
# is.
LAMBDAS = Path(__file__).resolve().parent.parent / "lambdas"
if str(LAMBDAS) not in sys.path:
    sys.path.insert(0, str(LAMBDAS))
