"""Patches of MiniStack's SQS and SNS, so that they refuse and filter messages as AWS does."""
