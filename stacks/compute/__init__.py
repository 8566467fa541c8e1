"""Functions: their code, settings, permissions and event sources."""
