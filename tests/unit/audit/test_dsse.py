"""The pre-authentication encoding, byte for byte. Source: secure-systems-lab/dsse, protocol.md, test vectors."""

from audit.dsse import pae


def test_pae_is_that_of_the_public_specification():
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_lengths_are_of_bytes():
    assert pae("类", "字".encode()) == b"DSSEv1 3 " + "类".encode() + b" 3 " + "字".encode()
