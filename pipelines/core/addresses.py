"""Which addresses a step may dial: the public internet, and what a team's allow list opens.

A server that asks any address for whoever names one is a way into the network that it stands in
(SSRF). So every address is judged by what it reaches in the end: IPv6 has many forms that carry an
IPv4 address to be translated or tunnelled to, and `ipaddress.is_global` calls several of them global
(`64:ff9b::a9fe:a9fe` is 169.254.169.254 behind a NAT64, `2002:a9fe:a9fe::` the same by 6to4).
The tables follow IANA's registries of special-purpose addresses.
"""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class Sort(StrEnum):
    """What an address is, in the words of the refusal."""

    PUBLIC = "public"
    LOOPBACK = "of the machine itself"
    PRIVATE = "private"
    CGNAT = "of a provider's shared network"
    LINK_LOCAL = "link-local"
    METADATA = "a cloud's metadata service"
    MULTICAST = "multicast"
    RESERVED = "reserved"
    UNSPECIFIED = "unspecified"


#: The first network that holds an address says what it is, so the narrow ones come first.
_V4: tuple[tuple[str, Sort], ...] = (
    ("169.254.169.254/32", Sort.METADATA),
    ("169.254.170.2/32", Sort.METADATA),  # AWS, for containers
    ("169.254.170.23/32", Sort.METADATA),  # AWS, for pods
    ("100.100.100.200/32", Sort.METADATA),  # Alibaba
    ("168.63.129.16/32", Sort.METADATA),  # Azure; a public address, and still the host's own
    ("192.0.0.192/32", Sort.METADATA),  # Oracle
    ("0.0.0.0/8", Sort.UNSPECIFIED),  # Linux dials the machine itself at 0.0.0.0
    ("10.0.0.0/8", Sort.PRIVATE),
    ("100.64.0.0/10", Sort.CGNAT),
    ("127.0.0.0/8", Sort.LOOPBACK),
    ("169.254.0.0/16", Sort.LINK_LOCAL),
    ("172.16.0.0/12", Sort.PRIVATE),
    ("192.0.0.0/24", Sort.RESERVED),
    ("192.0.2.0/24", Sort.RESERVED),
    ("192.88.99.0/24", Sort.RESERVED),
    ("192.168.0.0/16", Sort.PRIVATE),
    ("198.18.0.0/15", Sort.RESERVED),
    ("198.51.100.0/24", Sort.RESERVED),
    ("203.0.113.0/24", Sort.RESERVED),
    ("224.0.0.0/4", Sort.MULTICAST),
    ("240.0.0.0/4", Sort.RESERVED),
    ("0.0.0.0/0", Sort.PUBLIC),
)
_V6: tuple[tuple[str, Sort], ...] = (
    ("fd00:ec2::254/128", Sort.METADATA),
    ("fd00:ec2::23/128", Sort.METADATA),
    ("fd20:ce::254/128", Sort.METADATA),  # Google
    ("::/128", Sort.UNSPECIFIED),
    ("::1/128", Sort.LOOPBACK),
    ("64:ff9b:1::/48", Sort.PRIVATE),  # NAT64 of somebody's own; where the IPv4 is, only they know
    ("fc00::/7", Sort.PRIVATE),
    ("fe80::/10", Sort.LINK_LOCAL),
    ("fec0::/10", Sort.PRIVATE),
    ("ff00::/8", Sort.MULTICAST),
    ("2001::/23", Sort.RESERVED),
    ("2001:db8::/32", Sort.RESERVED),
    ("3fff::/20", Sort.RESERVED),
    ("2000::/3", Sort.PUBLIC),
    ("::/0", Sort.RESERVED),  # nothing else has been given out
)
_SORTS: dict[int, tuple[tuple[Network, Sort], ...]] = {
    4: tuple((IPv4Network(text), sort) for text, sort in _V4),
    6: tuple((IPv6Network(text), sort) for text, sort in _V6),
}
_LOW_32 = (1 << 32) - 1
#: Prefixes whose last 32 bits are an IPv4 address: mapped, compatible, translated, NAT64.
_IPV4_AT_END = tuple(
    IPv6Network(text) for text in ("::ffff:0:0/96", "::/96", "::ffff:0:0:0/96", "64:ff9b::/96")
)
_SIX_TO_FOUR, _TEREDO = IPv6Network("2002::/16"), IPv6Network("2001::/32")
#: The middle of an ISATAP address, with and without the bit for globally unique ones.
_ISATAP = (0x00005EFE, 0x02005EFE)


def embedded(address: Address) -> list[IPv4Address]:
    """The IPv4 addresses that an IPv6 address carries, none when it carries none."""
    if isinstance(address, IPv4Address) or int(address) <= 1:
        return []
    bits = int(address)
    if any(address in network for network in _IPV4_AT_END):
        return [IPv4Address(bits & _LOW_32)]
    if address in _SIX_TO_FOUR:
        return [IPv4Address(bits >> 80 & _LOW_32)]
    if address in _TEREDO:  # the server's, and the client's with every bit turned
        return [IPv4Address(bits >> 64 & _LOW_32), IPv4Address(~bits & _LOW_32)]
    if bits >> 32 & _LOW_32 in _ISATAP:
        return [IPv4Address(bits & _LOW_32)]
    return []


def sort_of(address: Address) -> Sort:
    """What the address is, judged by what it reaches in the end."""
    inner = embedded(address)
    for each in inner:
        if (sort := _sort(each)) is not Sort.PUBLIC:
            return sort
    if inner and address not in _TEREDO and int(address) >> 125 != 1:
        return Sort.PUBLIC  # outside of 2000::/3 it is only another spelling of the IPv4 address
    return _sort(address)


def _sort(address: Address) -> Sort:
    return next(sort for network, sort in _SORTS[address.version] if address in network)


class BadOpening(ValueError):
    """An entry of an allow list that cannot be read; says what one looks like."""


#: What a host's name may not open: no service of a team lives there.
_ONLY_BY_ADDRESS = frozenset(
    {Sort.METADATA, Sort.LINK_LOCAL, Sort.MULTICAST, Sort.RESERVED, Sort.UNSPECIFIED}
)
_NAME = re.compile(
    r"(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
)
_FORMS = "write a host (`db.internal`, `*.internal`) or a network (`10.2.0.0/16`), and a port if you like (`db.internal:5432`)"  # fmt: skip


@dataclass(frozen=True)
class Opening:
    """One entry of an allow list: a network, or a host by its name or by `*.` and its domain."""

    text: str
    network: Network | None = None
    host: str = ""
    port: int | None = None

    def admits(self, host: str, address: Address, port: int) -> bool:
        if self.port is not None and self.port != port:
            return False
        if self.network is not None:
            return self._holds(address)
        if sort_of(address) in _ONLY_BY_ADDRESS:
            return False
        if self.host.startswith("*."):
            return host.endswith(self.host[1:])
        return host == self.host

    def _holds(self, address: Address) -> bool:
        network = self.network
        if network is None:
            return False
        inner: Sequence[Address] = embedded(address)
        if inner and not (network.version == 6 and address in network):
            return all(_opened_by(network, each) for each in inner)
        return _opened_by(network, address)


def _opened_by(network: Network, address: Address) -> bool:
    """A wide network does not open what hands out the machine's own rights."""
    alone = network.prefixlen == network.max_prefixlen
    return address in network and (alone or sort_of(address) is not Sort.METADATA)


def parse_opening(text: str) -> Opening:
    """One entry of an allow list. Raises BadOpening."""
    plain = text.strip().lower()
    if "://" in plain:
        raise BadOpening(f"`{text.strip()}` is neither a host nor a network: {_FORMS}.")
    where, port = _without_port(plain)
    try:
        bare = where[1:-1] if where.startswith("[") and where.endswith("]") else where
        network = ipaddress.ip_network(bare, strict=False)
    except ValueError:
        network = None
    if network is not None:
        return Opening(plain, network=network, port=port)
    looks_like_numbers = re.fullmatch(r"[0-9.]+(/.*)?", where) or "/" in where
    if looks_like_numbers or len(where) > 253 or not _NAME.fullmatch(where):
        raise BadOpening(f"`{text.strip()}` is neither a host nor a network: {_FORMS}.")
    return Opening(plain, host=where, port=port)


def _without_port(text: str) -> tuple[str, int | None]:
    """`host:5432`, `10.0.0.0/8:5432`, `[fd00::1]:5432`, `[fd00::/8]:5432`; more colons are IPv6."""
    where, colon, port = text.rpartition(":")
    if not colon or (":" in where and not where.endswith("]")):
        return text, None
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise BadOpening(f"`{text}`: a port is a number from 1 to 65535.")
    return where, int(port)


@dataclass(frozen=True)
class Reach:
    """What may be dialled: all that is public, and what the openings add."""

    openings: tuple[Opening, ...] = ()
    #: For code that runs as the person who wrote it, such as in a notebook.
    everything: bool = False

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Reach":
        """Raises BadOpening."""
        return cls(tuple(parse_opening(text) for text in texts))

    def refusal(self, host: str, address: str, port: int) -> str:
        """Why `address`, to which the name `host` was resolved, may not be dialled; else empty."""
        if self.everything:
            return ""
        parsed = ipaddress.ip_address(address)
        sort = sort_of(parsed)
        name = host.lower().rstrip(".")
        if sort is Sort.PUBLIC or any(each.admits(name, parsed, port) for each in self.openings):
            return ""
        of = f"`{host}`" if name.strip("[]") == address else f"`{host}` is at {address}, which"
        return f"{of} is {sort.value}"
