"""Content encodings, undone within a bound."""

import gzip
import zlib

import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from lrcp.ingest.encoding import decompress
from lrcp.model.errors import DecodeError, TooLargeError, UnsupportedError


def raw_deflate(body: bytes) -> bytes:
    engine = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return engine.compress(body) + engine.flush()


PACKERS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstd.compress,
    "zstd1": zstd.compress,
    "identity": bytes,
    "": bytes,
}


@given(body=st.binary(max_size=2000), name=st.sampled_from(sorted(PACKERS)))
def test_what_was_packed_comes_back(body: bytes, name: str) -> None:
    assert decompress(PACKERS[name](body), name, 2000) == body


def test_deflate_without_its_zlib_header_is_read_too() -> None:
    assert decompress(raw_deflate(b"hello" * 50), "deflate", 1000) == b"hello" * 50


def test_the_name_may_be_in_any_case_and_padded() -> None:
    assert decompress(gzip.compress(b"x"), " GZip ", 10) == b"x"


@pytest.mark.parametrize("name", ["gzip", "deflate", "zstd"])
def test_one_byte_over_the_bound_is_too_large_and_the_bound_itself_is_not(name: str) -> None:
    packed = PACKERS[name](b"x" * 101)
    assert len(decompress(packed, name, 101)) == 101
    with pytest.raises(TooLargeError, match="100 bytes"):
        decompress(packed, name, 100)


@pytest.mark.parametrize("name", ["gzip", "deflate", "zstd"])
def test_a_cut_body_is_undecodable(name: str) -> None:
    packed = PACKERS[name](bytes(range(256)) * 20)
    with pytest.raises(DecodeError, match=name):
        decompress(packed[: len(packed) // 2], name, 100_000)


@pytest.mark.parametrize("name", ["gzip", "deflate", "zstd"])
def test_frames_one_after_the_other_are_one_body(name: str) -> None:
    packed = PACKERS[name](b"first ") + PACKERS[name](b"second")
    assert decompress(packed, name, 12) == b"first second"
    with pytest.raises(TooLargeError):
        decompress(packed, name, 11)


def test_a_body_of_endless_empty_frames_is_undecodable() -> None:
    with pytest.raises(DecodeError, match="frames"):
        decompress(gzip.compress(b"") * 100, "gzip", 1000)


def test_what_follows_the_last_frame_and_is_none_is_undecodable() -> None:
    with pytest.raises(DecodeError):
        decompress(gzip.compress(b"x") + b"rubbish", "gzip", 1000)


def test_an_unknown_encoding_names_the_known_ones() -> None:
    with pytest.raises(UnsupportedError, match="gzip"):
        decompress(b"x", "br", 10)


@given(body=st.binary(max_size=300), name=st.sampled_from(["gzip", "deflate", "zstd"]))
def test_random_bytes_are_refused_with_one_of_our_errors_or_read(body: bytes, name: str) -> None:
    try:
        out = decompress(body, name, 1000)
    except (DecodeError, TooLargeError):
        return
    assert len(out) <= 1000
