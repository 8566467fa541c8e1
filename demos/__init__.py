"""The team's demos: one package each, found by ops/demo."""
