"""Retry-After, resets, redirects, rate: with a clock that nobody has to wait for."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import pytest
from raw_server import FakeTime, RawServer, ok

from payerproof.polite import Http, Unreachable
from payerproof.polite.pace import Pace
from payerproof.polite.retry_after import seconds_to_wait

Make = Callable[..., Http]
Serve = Callable[..., RawServer]
Lines = Callable[[], list[dict[str, Any]]]


def busy_until(number_of_refusals: int, *fields: str, status: str = "429 Too Many") -> Any:
    def handler(connection: socket.socket, head: bytes, number: int) -> None:
        refused = number <= number_of_refusals
        connection.sendall(ok(b"{}", *fields, status=status) if refused else ok(b'"done"'))

    return handler


def test_retry_after_is_obeyed_and_every_attempt_recorded(
    make_http: Make, serve: Serve, fake_time: FakeTime, lines: Lines
) -> None:
    server = serve(busy_until(2, "Retry-After: 3"))
    http = make_http(clock=fake_time.clock, deadline_seconds=10)
    answer = http.send("POST", f"{server.url}/token", form={"a": "b"})
    assert answer.json() == "done"
    assert sum(fake_time.slept) == pytest.approx(6, abs=0.01)
    assert http.throttled == 2
    assert [(line["attempt"], line["status"]) for line in lines()] == [(1, 429), (2, 429), (3, 200)]
    assert answer.exchange == lines()[-1]["id"]


def test_retry_after_beyond_the_deadline_returns_the_answer_at_once(
    make_http: Make, serve: Serve, fake_time: FakeTime
) -> None:
    server = serve(busy_until(9, "Retry-After: 7200", status="503 Busy"))
    http = make_http(clock=fake_time.clock, deadline_seconds=10)
    assert http.send("GET", f"{server.url}/").status == 503
    assert (len(server.heads), sum(fake_time.slept), http.throttled) == (1, 0, 1)


def test_the_deadline_covers_all_attempts(
    make_http: Make, serve: Serve, fake_time: FakeTime
) -> None:
    server = serve(busy_until(99, "Retry-After: 4"))
    assert (
        make_http(clock=fake_time.clock, deadline_seconds=10).send("GET", f"{server.url}/").status
        == 429
    )
    assert len(server.heads) == 3
    assert sum(fake_time.slept) < 10


def test_a_429_without_retry_after_is_returned(make_http: Make, serve: Serve) -> None:
    server = serve(busy_until(9))
    http = make_http()
    assert http.send("GET", f"{server.url}/").status == 429
    assert (len(server.heads), http.throttled) == (1, 1)


def test_retry_after_as_a_date(make_http: Make, serve: Serve, fake_time: FakeTime) -> None:
    date = formatdate(fake_time.seconds + 5, usegmt=True)
    server = serve(busy_until(1, f"Retry-After: {date}"))
    assert (
        make_http(clock=fake_time.clock, deadline_seconds=10).send("GET", f"{server.url}/").status
        == 200
    )
    assert sum(fake_time.slept) == pytest.approx(5, abs=0.01)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Thu, 01 Jan 1970 00:17:40 GMT", 60.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("", None),
        (None, None),
    ],
)
def test_reading_retry_after(value: str | None, seconds: float | None) -> None:
    assert seconds_to_wait(value, 1000.0) == seconds


def reset(connection: socket.socket) -> bool:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    return False


def test_a_safe_request_is_sent_again_after_a_reset(
    make_http: Make, serve: Serve, lines: Lines
) -> None:
    def twice(connection: socket.socket, head: bytes, number: int) -> bool | None:
        if number <= 2:
            return reset(connection)
        connection.sendall(ok())
        return None

    answer = make_http().send("GET", f"{serve(twice).url}/")
    assert answer.status == 200
    recorded = lines()
    assert [(line["attempt"], line["status"]) for line in recorded] == [
        (1, None),
        (2, None),
        (3, 200),
    ]
    assert all(line["error"] for line in recorded[:2])


@pytest.mark.parametrize(
    ("method", "attempts"), [("GET", 3), ("HEAD", 3), ("POST", 1), ("DELETE", 1)]
)
def test_resets_end_after_three_attempts_and_unsafe_requests_after_one(
    make_http: Make, serve: Serve, method: str, attempts: int
) -> None:
    server = serve(lambda connection, head, number: reset(connection))
    with pytest.raises(Unreachable) as caught:
        make_http().send(method, f"{server.url}/")
    assert caught.value.kind == "protocol"
    assert len(server.heads) == attempts


def to(location: str, status: str = "302 Found") -> bytes:
    return ok(b"", f"Location: {location}", status=status)


def test_redirects_are_not_followed_unless_asked(make_http: Make, serve: Serve) -> None:
    server = serve(to("/elsewhere"))
    assert make_http().send("GET", f"{server.url}/").status == 302
    assert server.targets() == ["/"]


def test_redirects_are_followed_so_far(make_http: Make, serve: Serve) -> None:
    def chain(connection: socket.socket, head: bytes, number: int) -> None:
        connection.sendall(to(f"/{number}") if number < 3 else ok(b'"here"'))

    server = serve(chain)
    answer = make_http().send("GET", f"{server.url}/", follow=2, bearer="tok")
    assert answer.json() == "here"
    assert answer.url == f"{server.url}/2"
    assert all(b"Bearer tok" in head for head in server.heads)


def test_too_many_redirects_and_loops(make_http: Make, serve: Serve) -> None:
    def on_and_on(connection: socket.socket, head: bytes, number: int) -> None:
        connection.sendall(to(f"/v{number}"))

    with pytest.raises(Unreachable, match="goes on after 3 redirects") as caught:
        make_http().send("GET", f"{serve(on_and_on).url}/", follow=3)
    assert caught.value.kind == "redirects"
    assert f"{{x:{caught.value.exchange}}}" in caught.value.sentence
    server = serve(to("/"))
    with pytest.raises(Unreachable, match="already visited"):
        make_http().send("GET", f"{server.url}/", follow=9)
    assert len(server.heads) == 1


def test_credentials_do_not_travel_to_another_origin(make_http: Make, serve: Serve) -> None:
    other = serve(ok())
    server = serve(to(f"{other.url}/x", "307 Temporary"))
    headers = {"Cookie": "a=b", "X-Kept": "yes"}
    make_http().send("GET", f"{server.url}/", follow=1, bearer="tok", headers=headers)
    assert b"Bearer" not in other.heads[0]
    assert b"ookie" not in other.heads[0]
    assert b"X-Kept: yes" in other.heads[0]


@pytest.mark.parametrize(
    ("status", "method", "body"),
    [("302 Found", b"GET", b""), ("303 Other", b"GET", b""), ("307 Same", b"POST", b"a=1")],
)
def test_what_a_redirect_makes_of_a_form(
    make_http: Make, serve: Serve, status: str, method: bytes, body: bytes
) -> None:
    def once(connection: socket.socket, head: bytes, number: int) -> None:
        connection.sendall(to("/next", status) if number == 1 else ok())

    server = serve(once)
    make_http().send("POST", f"{server.url}/", form={"a": "1"}, follow=1)
    assert server.heads[1].startswith(method + b" /next ")
    assert server.bodies[1] == body


def test_a_redirect_to_an_app_is_left_to_the_app(make_http: Make, serve: Serve) -> None:
    server = serve(to("app.example:/cb?code=x"))
    assert make_http().send("GET", f"{server.url}/", follow=3).status == 302


def test_requests_start_evenly_spaced_per_host(fake_time: FakeTime) -> None:
    pace = Pace(4, 8, 0.5, fake_time.clock)
    starts = []
    for _ in range(5):
        pace.wait("a:443")
        starts.append(fake_time.seconds - 1000)
    assert starts == pytest.approx([0, 0.5, 1.0, 1.5, 2.0])
    pace.wait("b:443")
    assert fake_time.seconds - 1000 == pytest.approx(2.0)
    fake_time.seconds += 60
    pace.wait("a:443")
    pace.wait("a:443")
    assert fake_time.slept[-1] == pytest.approx(0.5)


def test_a_pause_holds_the_host_back(fake_time: FakeTime) -> None:
    pace = Pace(1000, 8, 1.0, fake_time.clock)
    pace.pause("a:443", 7)
    pace.wait("a:443")
    assert fake_time.slept == pytest.approx([7])


@pytest.mark.parametrize("share", [0, -1, 1.5])
def test_a_share_is_a_part(fake_time: FakeTime, share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        Pace(1, 1, share, fake_time.clock)
