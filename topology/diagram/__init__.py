"""Pictures of a system: a graph of its nodes and edges, and one renderer a module."""
