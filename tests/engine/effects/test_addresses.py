"""Which hosts are which: what is the internet, what is this machine, and what a written host lets through."""

from __future__ import annotations

import pytest

from engine.effects.addresses import HostRule, fixed_host, host_rule, is_loopback, place_of, reach_of

PRIVATE = [
    "127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.0.8",
    "198.18.0.1", "192.0.2.1", "203.0.113.5", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1",
    "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1",
    "2002:7f00:1::", "2001::1", "2001:db8::1", "3fff::1", "100::1",
]  # fmt: skip
NEVER = ["0.0.0.0", "0.1.2.3", "::", "224.0.0.1", "255.255.255.255", "240.0.0.1", "ff02::1"]
INTERNET = ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "2a00:1450::1"]


@pytest.mark.parametrize(
    ("address", "reach"),
    [*((a, "private") for a in PRIVATE), *((a, "never") for a in NEVER), *((a, "internet") for a in INTERNET)],
)
def test_addresses_are_told_apart(address: str, reach: str) -> None:
    assert reach_of(address) == reach
    assert host_rule("example.org").allows_address(address) is (reach == "internet")
    if reach == "never":
        assert not host_rule("example.org", private=True).allows_address(address)


def test_addresses_of_the_link_are_let_in_only_by_their_own_name() -> None:
    near = host_rule("printer.local")
    assert near.allows_address("192.168.1.9") and near.allows_address("127.0.0.1")
    assert not near.allows_address("169.254.169.254")
    assert host_rule("169.254.169.254").allows_address("169.254.169.254")


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("example.org", HostRule("example.org")),
        (" EXAMPLE.org. ", HostRule("example.org")),
        ("bücher.de", HostRule("xn--bcher-kva.de")),
        ("https://example.org/path?x", HostRule("example.org", "https", 443)),
        ("http://example.org", HostRule("example.org", "http", 80)),
        ("example.org:8443", HostRule("example.org", "https", 8443)),
        ("localhost:8000", HostRule("localhost", None, 8000, True)),
        ("printer", HostRule("printer", None, None, True)),
        ("nas.local", HostRule("nas.local", None, None, True)),
        ("192.168.1.2", HostRule("192.168.1.2", None, None, True)),
        ("[::1]:8080", HostRule("::1", None, 8080, True)),
        ("2130706433", HostRule("2130706433", None, None, True)),
    ],
)
def test_a_host_is_read_as_a_person_writes_it(written: str, rule: HostRule) -> None:
    assert host_rule(written) == rule


@pytest.mark.parametrize(
    "written",
    ["", "a b", "*.example.org", "ftp://example.org", "http://ada@example.org", "x:99999", "x:0", "a..b", "[::1",
     "é" * 300, "exa\nmple.org", "https://"],
)  # fmt: skip
def test_what_is_no_host_is_refused(written: str) -> None:
    with pytest.raises(ValueError):
        host_rule(written)


@pytest.mark.parametrize(
    ("rule", "asked", "allowed"),
    [
        ("example.org", ("https", "example.org", 443), True),
        ("example.org", ("http", "example.org", 80), False),
        ("example.org", ("https", "example.org", 8443), False),
        ("example.org", ("https", "www.example.org", 443), False),
        ("example.org", ("https", "example.org.evil.net", 443), False),
        ("http://example.org", ("http", "example.org", 80), True),
        ("http://example.org", ("https", "example.org", 443), True),
        ("http://example.org", ("https", "example.org", 8443), False),
        ("https://example.org", ("http", "example.org", 80), False),
        ("localhost", ("http", "localhost", 80), True),
        ("localhost", ("http", "localhost", 81), False),
        ("localhost:81", ("http", "localhost", 81), True),
    ],
)
def test_a_rule_lets_through_what_it_names_and_nothing_else(
    rule: str, asked: tuple[str, str, int], allowed: bool
) -> None:
    assert host_rule(rule).allows(*asked) is allowed


def test_words_name_the_host_as_it_was_meant() -> None:
    said = [host_rule(text).words for text in ("example.org", "http://example.org", "localhost:8000", "[::1]")]
    assert said == ["example.org", "http://example.org", "localhost:8000", "[::1]"]
    assert place_of("::1", 80) == "[::1]:80" and place_of("a.b", 1) == "a.b:1"
    assert is_loopback("localhost") and is_loopback("127.3.3.3") and not is_loopback("example.org")


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("https://api.example.org/a/{{ b }}", "https://api.example.org"),
        ("https://api.example.org?x={{ b }}", "https://api.example.org"),
        (" https://api.example.org ", "https://api.example.org"),
        ("https://api.example.org{{ b }}", None),
        ("https://{{ b }}.example.org/", None),
        ("{{ url }}", None),
        ("https://api.example.org\\@evil.net/", None),
        ("https://a.org:80{{ p }}/", None),
    ],
)
def test_the_host_of_an_address_is_known_only_where_no_variable_can_change_it(template: str, found: str | None) -> None:
    assert fixed_host(template) == found
