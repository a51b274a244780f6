"""No form of a secret gets through, however the output is cut."""

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.executors.masking import MASK, Mask, Masker, forms

SECRET = 'pa"ss wörd/+&<é>'
secrets = st.text(
    alphabet=st.characters(codec="utf-8", exclude_characters="*"), min_size=8, max_size=30
)
noise = st.binary(max_size=40).map(lambda data: data.replace(b"*", b"x"))


def in_forms(secret: str, before: str = "", after: str = "") -> list[str]:
    plain = f"{before}{secret}{after}".encode()
    return [
        secret,
        base64.b64encode(plain).decode(),
        base64.urlsafe_b64encode(plain).decode(),
        quote(secret),
        quote(secret, safe="").lower()
        if secret.isascii() and secret.islower()
        else quote(secret, safe=""),
        quote_plus(secret),
        json.dumps({"a": secret}),
        json.dumps({"a": secret}, ensure_ascii=False),
        json.dumps(json.dumps(secret)),
        repr(secret),
        html.escape(secret),
        secret.encode().hex(),
    ]


@pytest.mark.parametrize("before", ["", "u", "user:"])
def test_each_form_is_masked_wherever_it_begins(before: str) -> None:
    mask = Mask([SECRET])
    for form in in_forms(SECRET, before, "!"):
        masked = mask.text(f"token={form};")
        assert MASK in masked, form
        assert not any(known in masked.encode() for known in forms(SECRET)), form


@given(
    st.lists(secrets, min_size=1, max_size=3),
    st.lists(st.tuples(noise, st.integers(0, 30)), max_size=6),
    st.lists(st.integers(0, 12), max_size=40),
)
def test_what_comes_out_is_the_same_however_it_is_cut(
    values: list[str], pieces: list[tuple[bytes, int]], cuts: list[int]
) -> None:
    known = sorted({form for value in values for form in forms(value)})
    text = b"".join(piece + known[at % len(known)] for piece, at in pieces)
    whole = Masker(known)
    expected = whole.feed(text) + whole.close()
    cut, masked, at = Masker(known), b"", 0
    for length in cuts:
        masked += cut.feed(text[at : at + length])
        at += length
    masked += cut.feed(text[at:]) + cut.close()
    assert masked == expected
    if not any(set(form) <= set(b"*") for form in known):
        assert not any(form in masked for form in known if b"*" not in form)


def test_only_what_may_begin_a_secret_is_held_back() -> None:
    masker = Masker([b"hunter22"])
    assert masker.feed(b"line one\nhun") == b"line one\n"
    assert masker.feed(b"ger\n") == b"hunger\n"
    assert masker.feed(b"hunter2") == b""
    assert masker.feed(b"2 and\n") == b"*** and\n"
    assert masker.feed(b"hunt") == b""
    assert masker.close() == b"hunt"


def test_overlapping_secrets_leave_nothing_of_either() -> None:
    assert Mask(["abcdefgh", "efghijkl"]).text("-abcdefghijkl-") == "-***-"
    assert Mask(["aaaaaaaa"]).text("a" * 30) == "***"


def test_each_line_of_a_key_is_masked() -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END KEY-----\n"
    masked = Mask([key]).text(f"first: {key.splitlines()[2]}, all: {key}")
    assert "MIIEvQIBADANBgkq" not in masked
    assert "hkiG9w0BAQEFAASC" not in masked


def test_long_base64_is_masked_where_it_is_wrapped() -> None:
    secret = "x7Kq" * 60
    masked = Mask([secret]).text(base64.encodebytes(secret.encode()).decode())
    assert len(masked.replace(MASK, "").strip()) < 76


def test_values_are_masked_to_their_depth_and_others_left() -> None:
    value = {"a": [1, "hunter22!", {"hunter22": None}], "b": True}
    assert Mask(["hunter22"]).value(value) == {"a": [1, "***!", {"***": None}], "b": True}
    assert not Mask([])
    assert Mask([]).value(value) is value
