"""A team's own CDK code: a module per service, named like the service's folder in lambdas/."""
