"""One door with the default settings for each module."""

from collections.abc import Iterator

import pytest

from tests.http_door import Running, run_door


@pytest.fixture(scope="module")
def door() -> Iterator[Running]:
    with run_door() as running:
        yield running
