"""A team's own CDK code: one module a service."""
