from __future__ import annotations

import gzip
import json
import socket
import threading
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from raw_server import RawServer, ok

from payerproof.polite import Http, NotJson, Unreachable

Make = Callable[..., Http]
Serve = Callable[..., RawServer]


@pytest.mark.parametrize(
    "target",
    [
        "/fhir/Patient/a%2Fb",
        "//fhir//Patient/",
        "/fhir/./Patient/../Patient/%2e%2e/x",
        "/fhir/Patient?name=%41da&x=a+b%20c|d&&=",
        '/%7Etilde/~tilde/%zz/[x]/{y}"<>^`\\',
        "/fhir;v=1/Patient?",
        "?only=query",
    ],
)
def test_the_target_goes_out_byte_for_byte(make_http: Make, serve: Serve, target: str) -> None:
    server = serve(ok())
    make_http().send("GET", server.url + target)
    assert server.targets() == [target if target.startswith("/") else "/" + target]


def test_what_http_cannot_carry_is_percent_encoded(make_http: Make, serve: Serve) -> None:
    server = serve(ok())
    make_http().send("GET", f"{server.url}/a b/é?x=\u00a0#part")
    assert server.targets() == ["/a%20b/%C3%A9?x=%C2%A0"]


def test_headers_of_a_plain_request(make_http: Make, serve: Serve) -> None:
    server = serve(ok())
    make_http().send("GET", f"{server.url}/", bearer="tok", headers={"ACCEPT": "a/b"})
    fields = server.heads[0].decode().split("\r\n")[1:-1]
    assert fields[0] == f"Host: 127.0.0.1:{server.port}"
    assert sorted(fields[1:]) == [
        "ACCEPT: a/b",
        "Accept-Encoding: gzip, deflate",
        "Authorization: Bearer tok",
        "User-Agent: payerproof/0.1.0",
    ]


def test_forms_json_and_content(make_http: Make, serve: Serve) -> None:
    server = serve(ok())
    http = make_http()
    http.send("POST", f"{server.url}/", form=[("a", "1"), ("a", "ä&"), ("b", "")])
    http.send("POST", f"{server.url}/", json={"x": [1]})
    http.send("PUT", f"{server.url}/", content=b"\x00raw", headers={"Content-Type": "x/y"})
    assert server.bodies == [b"a=1&a=%C3%A4%26&b=", b'{"x": [1]}', b"\x00raw"]
    assert b"application/x-www-form-urlencoded" in server.heads[0]
    assert b"application/json" in server.heads[1]
    assert b"Content-Type: x/y" in server.heads[2]
    with pytest.raises(ValueError, match="one body"):
        http.send("POST", f"{server.url}/", form={}, json={})


def test_repeated_headers_come_back_as_they_were(make_http: Make, serve: Serve) -> None:
    server = serve(ok(b"{}", "Set-Cookie: a=1", "set-cookie: b=2", "X-One: 1"))
    answer = make_http().send("GET", f"{server.url}/")
    assert answer.headers.get_all("SET-COOKIE") == ["a=1", "b=2"]
    assert answer.headers.get("x-one") == "1"
    assert answer.headers.get("x-two") is None
    assert answer.headers.get("x-two", "none") == "none"
    assert "X-ONE" in answer.headers
    assert "x-two" not in answer.headers


def test_cookies_are_not_kept(make_http: Make, serve: Serve) -> None:
    server = serve(ok(b"{}", "Set-Cookie: a=1; Path=/"))
    http = make_http()
    for _ in range(2):
        http.send("GET", f"{server.url}/")
    assert b"ookie" not in server.heads[1]


def test_connections_are_reused(make_http: Make, serve: Serve) -> None:
    server = serve(ok())
    http = make_http()
    for _ in range(5):
        http.send("GET", f"{server.url}/")
    assert (server.connections, len(server.heads)) == (1, 5)


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(b'{"a": 1}')),
        ("gzip", gzip.compress(b'{"a"') + gzip.compress(b": 1}")),
        ("deflate", zlib.compress(b'{"a": 1}')),
        ("deflate", zlib.compress(b'{"a": 1}')[2:-4]),
        ("identity", b'{"a": 1}'),
    ],
    # names of their own: gzip writes the time down, and each worker collects at another
    ids=["gzip", "gzip in two members", "zlib", "deflate", "identity"],
)
def test_bodies_are_decompressed(make_http: Make, serve: Serve, coding: str, packed: bytes) -> None:
    server = serve(ok(packed, f"Content-Encoding: {coding}"))
    assert make_http().send("GET", f"{server.url}/").json() == {"a": 1}


def test_a_gzip_bomb_is_stopped_at_the_cap(
    make_http: Make, serve: Serve, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    bomb = gzip.compress(b"\0" * 9_000_000)
    server = serve(ok(bomb, "Content-Encoding: gzip"))
    with pytest.raises(Unreachable, match=r"longer than the 1,000,000 bytes.*max_body_bytes") as it:
        make_http().send("GET", f"{server.url}/")
    assert it.value.kind == "too-large"
    (line,) = lines()
    assert line["id"] == it.value.exchange
    assert line["status"] == 200
    assert "1,000,000 bytes" in line["error"]


def test_an_announced_length_above_the_cap_is_not_read(make_http: Make, serve: Serve) -> None:
    server = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 1000001\r\n\r\n")
    with pytest.raises(Unreachable) as caught:
        make_http().send("GET", f"{server.url}/")
    assert caught.value.kind == "too-large"


def test_a_head_request_has_no_body_to_be_too_large(make_http: Make, serve: Serve) -> None:
    server = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 90000000\r\n\r\n")
    assert make_http().send("HEAD", f"{server.url}/").content == b""


def test_an_endless_body_is_stopped_at_the_cap(make_http: Make, serve: Serve) -> None:
    def endless(connection: socket.socket, head: bytes, number: int) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")

    with pytest.raises(Unreachable) as caught:
        make_http().send("GET", f"{serve(endless).url}/")
    assert caught.value.kind == "too-large"


@pytest.mark.parametrize(
    "packed", [b"not gzip at all", gzip.compress(b"x" * 999)[:-12]], ids=["no gzip", "cut short"]
)
def test_a_body_that_is_not_what_its_label_says(
    make_http: Make, serve: Serve, packed: bytes
) -> None:
    server = serve(ok(packed, "Content-Encoding: gzip"))
    with pytest.raises(Unreachable, match="cannot be decompressed") as caught:
        make_http().send("GET", f"{server.url}/")
    assert caught.value.kind == "protocol"


def test_answers_show_no_content_in_their_repr(make_http: Make, serve: Serve) -> None:
    answer = make_http().send("GET", f"{serve(ok(b'secret')).url}/?x=secret")
    assert repr(answer) == "<Answer 200, exchange gw0-1>"
    assert "secret" not in repr(answer.headers)


@pytest.mark.parametrize(
    ("body", "label", "words"),
    [
        (b"<!DOCTYPE html><p>Ada", "text/html", "an HTML page of 21 bytes, labelled text/html"),
        (b'{"a": ', "application/json", "begin like JSON and break off"),
        (b"", "application/json", "an empty body"),
        (b"Ada was here", "", "text of 12 bytes, labelled no content type"),
        (b"<Patient/>", "application/fhir+xml", "markup of 10 bytes"),
    ],
)
def test_not_json_says_what_it_is_instead(
    make_http: Make, serve: Serve, body: bytes, label: str, words: str
) -> None:
    answer = make_http().send("GET", f"{serve(ok(body, f'Content-Type: {label}')).url}/")
    with pytest.raises(NotJson) as caught:
        answer.json()
    assert words in caught.value.sentence
    assert "{x:gw0-1}" in caught.value.sentence
    assert "Ada" not in caught.value.sentence


def test_text_in_the_stated_charset(make_http: Make, serve: Serve) -> None:
    body = "Bergström".encode("latin-1")
    reply = ok(body, "Content-Type: text/plain; charset=ISO-8859-1")
    assert make_http().send("GET", f"{serve(reply).url}/").text == "Bergström"


def test_what_went_out_and_came_back_is_recorded(
    make_http: Make, serve: Serve, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    server = serve(ok(json.dumps({"resourceType": "Patient", "id": "abc"}).encode()))
    answer = make_http().send(
        "POST", f"{server.url}/fhir/Patient/abc#x", form={"grant_type": "password"},
        bearer="tok-1234567", persona="ada", app="app-1",
    )  # fmt: skip
    (line,) = lines()
    assert line["id"] == answer.exchange
    assert (line["persona"], line["app"], line["attempt"]) == ("ada", "app-1", 1)
    assert (line["method"], line["status"], line["via"]) == ("POST", 200, "http")
    assert "#" not in line["url"]
    assert line["request_body"] == "grant_type=password"
    assert line["request_headers"]["host"] == f"127.0.0.1:{server.port}"
    assert "tok-1234567" not in str(line)
    assert "abc" not in line["url"] + line["response_body"]


def test_many_threads_share_one_client(make_http: Make, serve: Serve) -> None:
    def echo(connection: socket.socket, head: bytes, number: int) -> None:
        connection.sendall(ok(json.dumps(head.split(b" ")[1].decode()).encode()))

    server = serve(echo)
    http = make_http(concurrency=6)
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda n: http.send("GET", f"{server.url}/{n}"), range(120)))
    assert [answer.json() for answer in answers] == [f"/{n}" for n in range(120)]
    assert len({answer.exchange for answer in answers}) == 120
    assert server.connections <= 6


def test_no_more_requests_at_once_than_allowed(make_http: Make, serve: Serve) -> None:
    lock = threading.Lock()
    both_there = threading.Event()
    now: list[int] = [0, 0]

    def count(connection: socket.socket, head: bytes, number: int) -> None:
        with lock:
            now[0] += 1
            now[1] = max(now)
            if now[0] == 2:
                both_there.set()
        both_there.wait(60)
        with lock:
            now[0] -= 1
        connection.sendall(ok())

    server = serve(count)
    http = make_http(concurrency=4, share=0.5)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: http.send("GET", f"{server.url}/"), range(8)))
    assert now[1] == 2


def test_a_body_goes_to_a_private_file_and_its_first_lines_to_the_record(
    make_http: Make, serve: Serve, lines: Callable[[], list[dict[str, Any]]], tmp_path: Path
) -> None:
    body = b'{"resourceType":"Patient","id":"x"}\n' * 50_000
    server = serve(ok(gzip.compress(body), "Content-Encoding: gzip"))
    path = tmp_path / "one.ndjson"
    answer = make_http().send("GET", f"{server.url}/", into=path)
    assert path.read_bytes() == body
    assert path.stat().st_mode & 0o077 == 0
    assert 0 < len(answer.content) <= 16 * 1024
    assert answer.content.endswith(b"\n")
    (line,) = lines()
    assert line["response_bytes"] == len(body)


def test_a_file_has_a_cap_of_its_own_and_a_refusal_goes_to_none(
    make_http: Make, serve: Serve, tmp_path: Path
) -> None:
    server = serve(ok(b"a" * 3_000_001))
    with pytest.raises(Unreachable, match="3,000,000 bytes"):
        make_http().send("GET", f"{server.url}/", into=tmp_path / "long")
    refusal = serve(ok(b"no").replace(b"200 OK", b"401 Unauthorized"))
    answer = make_http().send("GET", f"{refusal.url}/", into=tmp_path / "none")
    assert (answer.status, answer.content) == (401, b"no")
    assert not (tmp_path / "none").exists()
