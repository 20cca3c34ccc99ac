"""Bundle paths and framing, as C2SP tlog-tiles names them."""

import pytest

from audit.bundle import bundle_path, bundle_widths, format_bundle, parse_bundle
from audit.errors import BundleMalformedError


@pytest.mark.parametrize(
    ("index", "width", "path"),
    [
        (0, 256, "tile/entries/000"),
        (5, 1, "tile/entries/005.p/1"),
        (1000, 256, "tile/entries/x001/000"),
        (1234067, 255, "tile/entries/x001/x234/067.p/255"),
    ],
)
def test_a_bundle_has_its_path(index: int, width: int, path: str):
    assert str(bundle_path(index, width)) == path


def test_a_size_names_its_bundles():
    assert list(bundle_widths(0)) == []
    assert list(bundle_widths(256)) == [(0, 256)]
    assert list(bundle_widths(513)) == [(0, 256), (1, 256), (2, 1)]


@pytest.mark.parametrize(
    "data", [b"", b"\0", b"\0\2a", b"\0\1a", b"\0\1a\0", b"\0\1a\0\1b\0", b"\0\1a\0\1b\0\0"]
)
def test_a_bundle_of_two_is_exactly_two_leaves(data: bytes):
    assert list(parse_bundle(format_bundle([b"a", b"b"]), 2)) == [b"a", b"b"]
    with pytest.raises(BundleMalformedError):
        list(parse_bundle(data, 2))
