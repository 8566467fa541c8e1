"""The demo of Requestor and Generator: strings are asked for while either side is stopped."""

from ops.demo.strings.demo import drive

__all__ = ["drive"]
