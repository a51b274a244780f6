"""Which addresses a step may dial: every spelling of an IPv4 address is judged as that address."""

import ipaddress
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.core.addresses import BadOpening, Reach, Sort, embedded, parse_opening, sort_of

LOW = (1 << 32) - 1


def at_end(prefix: str) -> Callable[[int], IPv6Address]:
    return lambda ipv4: IPv6Address(int(IPv6Address(prefix)) | ipv4)


SPELLINGS: dict[str, Callable[[int], IPv6Address]] = {
    "mapped": at_end("::ffff:0:0"),
    "translated": at_end("::ffff:0:0:0"),
    "nat64": at_end("64:ff9b::"),
    "6to4": lambda ipv4: IPv6Address(0x2002 << 112 | ipv4 << 80 | 1),
    "teredo": lambda ipv4: IPv6Address(0x20010000 << 96 | 0x08080808 << 64 | (~ipv4 & LOW)),
    "isatap": lambda ipv4: IPv6Address((0x2A00 << 112) | 0x5EFE << 32 | ipv4),
}


@pytest.mark.parametrize(
    ("address", "sort"),
    [
        ("93.184.216.34", Sort.PUBLIC),
        ("2606:4700::1111", Sort.PUBLIC),
        ("64:ff9b::808:808", Sort.PUBLIC),
        ("127.0.0.1", Sort.LOOPBACK),
        ("::1", Sort.LOOPBACK),
        ("10.0.0.1", Sort.PRIVATE),
        ("172.31.255.255", Sort.PRIVATE),
        ("192.168.1.1", Sort.PRIVATE),
        ("fd12::1", Sort.PRIVATE),
        ("100.64.0.1", Sort.CGNAT),
        ("169.254.1.1", Sort.LINK_LOCAL),
        ("fe80::1%eth0", Sort.LINK_LOCAL),
        ("169.254.169.254", Sort.METADATA),
        ("168.63.129.16", Sort.METADATA),
        ("fd00:ec2::254", Sort.METADATA),
        ("::ffff:169.254.169.254", Sort.METADATA),
        ("64:ff9b::a9fe:a9fe", Sort.METADATA),
        ("2002:a9fe:a9fe::", Sort.METADATA),
        ("64:ff9b:1::a9fe:a9fe", Sort.PRIVATE),
        ("224.0.0.1", Sort.MULTICAST),
        ("ff02::1", Sort.MULTICAST),
        ("0.0.0.0", Sort.UNSPECIFIED),
        ("::", Sort.UNSPECIFIED),
        ("255.255.255.255", Sort.RESERVED),
        ("192.0.2.1", Sort.RESERVED),
        ("2001:db8::1", Sort.RESERVED),
        ("1000::1", Sort.RESERVED),
    ],
)
def test_what_an_address_is(address: str, sort: Sort) -> None:
    assert sort_of(ipaddress.ip_address(address)) is sort


@pytest.mark.parametrize("spelling", SPELLINGS)
@given(ipv4=st.ip_addresses(v=4))
def test_no_spelling_of_an_address_is_judged_better_than_it(
    spelling: str, ipv4: IPv4Address
) -> None:
    spelled = SPELLINGS[spelling](int(ipv4))
    assert ipv4 in embedded(spelled)
    if sort_of(ipv4) is not Sort.PUBLIC:
        assert sort_of(spelled) is sort_of(ipv4)


@given(address=st.ip_addresses())
def test_what_the_standard_library_knows_as_private_is_never_public(
    address: IPv4Address | IPv6Address,
) -> None:
    if not address.is_global or address.is_multicast:
        assert sort_of(address) is not Sort.PUBLIC


@pytest.mark.parametrize(
    ("entry", "host", "address", "port", "open"),
    [
        ("db.internal", "db.internal", "10.0.0.5", 5432, True),
        ("db.internal", "DB.Internal.", "10.0.0.5", 5432, True),
        ("db.internal:5432", "db.internal", "10.0.0.5", 22, False),
        ("db.internal", "evil-db.internal", "10.0.0.5", 5432, False),
        ("*.internal", "a.b.internal", "10.0.0.5", 80, True),
        ("*.internal", "internal", "10.0.0.5", 80, False),
        # A name opens no address that hands out the machine's own rights.
        ("*.internal", "meta.internal", "169.254.169.254", 80, False),
        ("10.0.0.0/8", "anything", "10.9.9.9", 80, True),
        ("10.0.0.0/8", "anything", "::ffff:10.9.9.9", 80, True),
        ("10.0.0.0/8", "anything", "64:ff9b::a09:909", 80, True),
        ("10.0.0.0/8:443", "anything", "10.9.9.9", 80, False),
        ("0.0.0.0/0", "anything", "192.168.0.1", 80, True),
        ("0.0.0.0/0", "anything", "169.254.169.254", 80, False),
        ("169.254.169.254", "anything", "169.254.169.254", 80, True),
        ("[fd00::1]:80", "anything", "fd00::1", 80, True),
        ("fd00::/8", "anything", "fd12::1", 80, True),
        ("127.0.0.1:8000", "127.0.0.1", "127.0.0.1", 8000, True),
    ],
)
def test_openings(entry: str, host: str, address: str, port: int, open: bool) -> None:
    assert (Reach.of([entry]).refusal(host, address, port) == "") is open


@pytest.mark.parametrize(
    "entry", ["", "http://x", "a b", "10.0.0.0/33", "10.0.0", "x:99999", "*", "*.", "a/b", "x:", "[fd00::1"]
)  # fmt: skip
def test_entries_that_cannot_be_read(entry: str) -> None:
    with pytest.raises(BadOpening):
        parse_opening(entry)


def test_a_refusal_names_the_host_and_what_it_is() -> None:
    said = Reach().refusal("meta.example", "169.254.169.254", 80)
    assert said == "`meta.example` is at 169.254.169.254, which is a cloud's metadata service"
    assert Reach().refusal("10.0.0.1", "10.0.0.1", 80) == "`10.0.0.1` is private"
    assert Reach(everything=True).refusal("x", "10.0.0.1", 80) == ""
