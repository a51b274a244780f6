"""HTTP behind the guard, against a real server on this machine and name servers that lie."""

from collections.abc import Iterator

import httpx
import pytest

from pipelines.core.addresses import Reach
from pipelines.sdk import outgoing
from tests.support.web import Web


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with Web() as server:
        yield server


def port_of(web: Web) -> int:
    return int(web.url("").rpartition(":")[2])


def test_the_address_that_was_judged_is_the_one_dialled(web: Web) -> None:
    """A name server that says 127.0.0.1 to the guard and another address to whoever asks next."""
    answers = [["127.0.0.1"], ["169.254.169.254"]]
    port = port_of(web)
    with outgoing.client(
        timeout=5,
        within=Reach.of([f"rebinding.example:{port}"]),
        resolver=lambda host, _: answers.pop(0),
    ) as client:
        assert client.get(f"http://rebinding.example:{port}/a").status_code == 200
    assert answers == [["169.254.169.254"]], "it was resolved once"
    assert web.received[-1].headers["host"] == f"rebinding.example:{port}"
    with (
        outgoing.client(timeout=5, within=Reach(), resolver=lambda *_: ["127.0.0.1"]) as client,
        pytest.raises(outgoing.Refused, match=r"is at 127.0.0.1, which is of the machine"),
    ):
        client.get(f"http://rebinding.example:{port}/b")
    assert web.received[-1].path == "/a"


def test_every_redirect_is_judged(web: Web) -> None:
    web.redirects["/away"] = "http://meta.example/latest/"
    web.redirects["/round"] = web.url("/round")
    asked: list[str] = []

    def resolver(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if host == "127.0.0.1" else ["::ffff:169.254.169.254"]

    within = Reach.of(["127.0.0.1"])
    with outgoing.client(timeout=5, within=within, resolver=resolver) as client:
        with pytest.raises(outgoing.Refused, match="a cloud's metadata service"):
            client.get(web.url("/away"))
        assert asked == ["127.0.0.1", "meta.example"]
        with pytest.raises(httpx.TooManyRedirects):
            client.get(web.url("/round"))


def test_of_several_addresses_only_allowed_ones_are_dialled(web: Web) -> None:
    within, port = Reach.of(["127.0.0.1"]), port_of(web)
    both = outgoing.allowed("x.example", port, within, lambda *_: ["10.0.0.1", "127.0.0.1"])
    assert both == ["127.0.0.1"]


def test_a_name_without_an_address(web: Web) -> None:
    def nobody(host: str, port: int) -> list[str]:
        raise OSError("Name or service not known")

    with (
        outgoing.client(timeout=5, within=Reach(), resolver=nobody) as client,
        pytest.raises(httpx.ConnectError, match=r"nowhere.example cannot be resolved"),
    ):
        client.get("http://nowhere.example/")
