"""What moto's DynamoDB tables and S3 buckets contain, to be put back."""

import copy
from collections.abc import Iterator
from typing import Any, Self


class MotoState:
    """The items of all tables and the objects of all buckets."""

    def __init__(self, tables: dict[int, Any], buckets: dict[int, Any]) -> None:
        """Hold copies by the identity of the table or the bucket."""
        self._tables, self._buckets = tables, buckets

    @classmethod
    def now(cls) -> Self:
        """Return a copy of the present state."""
        return cls(
            {id(table): copy.deepcopy(table.items) for table in _tables()},
            {id(bucket): copy.deepcopy(bucket.keys) for bucket in _buckets()},
        )

    def put_back(self) -> None:
        """Put this state back; tables and buckets that were made since are emptied."""
        for table in _tables():
            table.items = copy.deepcopy(self._tables.get(id(table), type(table.items)(dict)))
        for bucket in _buckets():
            bucket.keys = copy.deepcopy(self._buckets.get(id(bucket), type(bucket.keys)()))


def _tables() -> Iterator[Any]:
    from moto.dynamodb.models import dynamodb_backends

    for regions in dynamodb_backends.values():
        for backend in regions.values():
            yield from backend.tables.values()


def _buckets() -> Iterator[Any]:
    from moto.s3.models import s3_backends

    for regions in s3_backends.values():
        for backend in regions.values():
            yield from backend.buckets.values()
