"""The folder `nightly` is collected by its path only: it takes long."""

collect_ignore = ["nightly"]
