"""Requests whose beginning, end or form is not what it should be."""
import unittest

from hostile_case import HostileCase
from wire import make_request

BODY = b'{"inputs": ["the meeting"]}'
HEALTH = make_request("GET", "/health")


def chunks(body, size=5):
    pieces = [body[i:i + size] for i in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def embed(headers, body):
    return "\r\n".join(["POST /embed HTTP/1.1", "Host: test", *headers, "", ""]).encode("latin-1") + body


LENGTH, CHUNKED = f"Content-Length: {len(BODY)}", "Transfer-Encoding: chunked"


class Pipelining(HostileCase):
    def test_answers_come_in_order_each_to_its_request(self):
        texts = [f"money {i}" for i in range(50)]
        expected = [self.server.embed([text]).body for text in texts]
        with self.server.client() as client:
            client.send(b"".join(make_request("POST", "/embed", {"inputs": [text]}) for text in texts))
            for body in expected:
                self.assert_right(client.answer(), body)

    def test_documents_and_errors_between_computed_answers_keep_their_places(self):
        requests = [make_request("POST", "/embed", BODY), HEALTH, make_request("GET", "/nothing"),
                    make_request("POST", "/embed", b"{"), make_request("POST", "/embed", BODY)]
        with self.server.client() as client:
            client.send(b"".join(requests * 10))
            self.assertEqual([client.answer().status for _ in range(50)], [200, 200, 404, 422, 200] * 10)

    def test_a_request_in_single_bytes_is_as_good_as_a_whole_one(self):
        with self.server.client() as client:
            for byte in make_request("POST", "/embed", BODY):
                client.send(bytes([byte]))
            self.assert_right(client.answer())

    def test_after_a_malformed_request_nothing_more_is_read(self):
        with self.server.client() as client:
            client.send(make_request("POST", "/embed", BODY) + b"\0\1\2\r\n\r\n" + HEALTH)
            self.assert_right(client.answer())
            self.assert_error(client.answer(), 400, "not HTTP/1.1")
            self.assertTrue(client.is_ended())


class Bodies(HostileCase):
    def refused(self, headers, body, status=400):
        with self.server.client() as client:
            client.send_as_far_as_taken(embed(headers, body) + HEALTH)
            self.assert_error(client.answer(), status)
            self.assertTrue(client.is_ended(), "a second answer to one request")

    def test_chunked_bodies_work_in_chunks_of_any_size(self):
        for size in (1, 2, 7, 1000):
            with self.server.client() as client:
                client.send(embed([CHUNKED], chunks(BODY, size)) + HEALTH)
                self.assert_right(client.answer())
                self.assertEqual(client.answer().status, 200)

    def test_chunk_extensions_and_trailers_are_passed_over(self):
        body = b"%x;name=value;other=\"x\"\r\n%s\r\n0\r\nTrailer: x\r\n\r\n" % (len(BODY), BODY)
        with self.server.client() as client:
            client.send(embed([CHUNKED], body) + HEALTH)
            self.assert_right(client.answer())
            self.assertEqual(client.answer().status, 200)

    def test_garbage_instead_of_chunks_is_refused(self):
        for body in (b"zz\r\nabc\r\n0\r\n\r\n", b"-1\r\nabc\r\n", b"\r\n\r\n", b"3\r\nabcX\r\n0\r\n\r\n", BODY,
                     b"ffffffffffffffffff\r\nabc\r\n", b"3\0\r\nabc\r\n0\r\n\r\n", b"0x3\r\nabc\r\n0\r\n\r\n"):
            with self.subTest(body=body):
                self.refused([CHUNKED], body)

    def test_a_chunk_size_without_end_is_refused_and_not_kept(self):
        before = self.server.memory()
        for begin in (b"1;", b"0", b"1;x="):
            with self.server.client() as client:
                client.send(embed([CHUNKED], begin))
                while client.send_as_far_as_taken(b"0" * (1 << 16)):
                    self.assertLess(self.server.memory() - before, 300 << 20)
                client.reset()

    def test_trailers_without_end_are_refused_and_not_kept(self):
        before = self.server.memory()
        with self.server.client() as client:
            client.send(embed([CHUNKED], b"1\r\na\r\n0\r\n"))
            while client.send_as_far_as_taken(b"a: b\r\n" * 10000):
                self.assertLess(self.server.memory() - before, 300 << 20)
            client.reset()

    def test_a_chunked_body_larger_than_the_limit_is_refused(self):
        with self.server.client() as client:
            client.send(embed([CHUNKED], b""))
            piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
            for _ in range(100):
                if not client.send_as_far_as_taken(piece):
                    break
            client.reset()
        self.refused([CHUNKED], b"ffffffffffffffff\r\nabc", 413)

    def test_a_declared_gigabyte_is_refused_before_it_is_sent(self):
        for headers in ([f"Content-Length: {1 << 30}"], [f"Content-Length: {1 << 30}", "Expect: 100-continue"],
                        [f"Content-Length: {(1 << 64) - 1}"]):
            with self.server.client() as client:
                client.send(embed(headers, b""))
                self.assert_error(client.answer(), 413, "2097152 bytes")
                self.assertTrue(client.is_ended())

    def test_lengths_that_are_no_numbers_are_refused(self):
        for length in ("-1", "+5", "0x10", "5.0", "1e3", "", "99999999999999999999999", "five", "5 5"):
            with self.subTest(length=length):
                self.refused([f"Content-Length: {length}"], BODY)

    def test_requests_whose_end_is_in_doubt_are_refused(self):
        smuggled = chunks(BODY)
        for headers in ([LENGTH, LENGTH], [LENGTH, "Content-Length: 3"], [f"Content-Length: {len(BODY)}, {len(BODY)}"],
                        [LENGTH, CHUNKED], [CHUNKED, LENGTH], [CHUNKED, CHUNKED],
                        ["Transfer-Encoding: xchunked"], ["Transfer-Encoding: gzip"], ["Transfer-Encoding: gzip, chunked"],
                        ["Transfer-Encoding: chunked, identity"], ["Transfer-Encoding: chunked, chunked"],
                        [CHUNKED, "Transfer-Encoding: identity"], ["Transfer-Encoding: identity", LENGTH],
                        ["Transfer-Encoding : chunked"], ["Transfer-Encoding: \x0bchunked"], ["Transfer-Encoding: \"chunked\""],
                        ["Transfer-Encoding;: chunked"], ["Transfer\x00-Encoding: chunked"]):
            with self.subTest(headers=headers):
                self.refused(headers, smuggled)

    def test_a_chunked_body_with_http_1_0_is_refused(self):
        with self.server.client() as client:
            client.send(embed([CHUNKED], chunks(BODY)).replace(b"HTTP/1.1", b"HTTP/1.0") + HEALTH)
            self.assert_error(client.answer(), 400)
            self.assertTrue(client.is_ended())

    def test_a_client_that_asks_first_is_told_to_go_on(self):
        with self.server.client() as client:
            client.send(embed(["Expect: 100-continue", LENGTH], b""))
            self.assertEqual(client.answer().status, 100)
            client.send(BODY)
            self.assert_right(client.answer())

    def test_a_body_where_none_is_expected_is_no_request(self):
        with self.server.client() as client:
            client.send(make_request("GET", "/health", HEALTH) + HEALTH)
            self.assertEqual(client.answer().status, 200)
            self.assertEqual(client.answer().status, 200)
            client.finish_sending()
            self.assertTrue(client.is_ended())


class Heads(HostileCase):
    def refused(self, data, status=400):
        with self.server.client() as client:
            client.send_as_far_as_taken(data)
            self.assert_error(client.answer(), status)
            self.assertTrue(client.is_ended())

    def test_a_header_that_is_too_large_is_refused(self):
        self.refused(b"GET /health HTTP/1.1\r\nX: " + b"a" * 100_000, 431)
        self.refused(b"GET /health HTTP/1.1\r\n" + b"A: b\r\n" * 20_000, 431)
        self.refused(b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n", 431)
        self.refused(b"A" * 100_000, 431)

    def test_bytes_that_are_no_http_are_refused(self):
        for data in (b"\0" * 100, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\r\n\r\n", b"GET\r\n\r\n",
                     b"GET /health\r\n\r\n", b"GET /health HTTP/2.0\r\n\r\n", b"GET /health HTTP/1.2\r\n\r\n",
                     b"GET /health HTTP/0.9\r\n\r\n", b"GET /health HTTP/11\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                     b"GET /hea\0lth HTTP/1.1\r\n\r\n", b"GET /health HTTP/1.1\r\nA\0B: c\r\n\r\n",
                     b"GET /health HTTP/1.1\r\nA: b\0c\r\n\r\n", b"GET /health HTTP/1.1\r\n: x\r\n\r\n",
                     b"GET /health HTTP/1.1\r\nOrigin: x\ry: z\r\n\r\n", b"GET /health HTTP/1.1\r\nno colon\r\n\r\n",
                     b"GET /health HTTP/1.1\n\n", b"GET  /health HTTP/1.1\r\n\r\n"):
            with self.subTest(data=data):
                self.refused(data)

    def test_http_1_0_closes_unless_asked_to_stay(self):
        with self.server.client() as client:
            answer = client.ask("GET", "/health", version="HTTP/1.0")
            self.assertEqual((answer.status, answer.version), (200, "HTTP/1.0"))
            self.assertTrue(client.is_ended())
        with self.server.client() as client:
            for _ in range(2):
                answer = client.ask("GET", "/health", version="HTTP/1.0", headers=["Connection: keep-alive"])
                self.assertEqual(answer.status, 200)

    def test_a_client_that_wants_to_close_is_closed(self):
        with self.server.client() as client:
            self.assertEqual(client.ask("GET", "/health", headers=["Connection: close"]).headers["connection"], "close")
            self.assertTrue(client.is_ended())

    def test_a_client_that_says_both_is_closed(self):
        for headers in (["Connection: keep-alive", "Connection: close"], ["Connection: keep-alive, close"]):
            with self.subTest(headers=headers), self.server.client() as client:
                self.assertEqual(client.ask("GET", "/health", headers=headers).headers["connection"], "close")
                self.assertTrue(client.is_ended())

    def test_head_has_the_headers_of_get_and_no_body(self):
        length = self.server.ask("GET", "/health").headers["content-length"]
        with self.server.client() as client:
            client.send(make_request("HEAD", "/health") + make_request("HEAD", "/nothing") + HEALTH)
            self.assertEqual(client.answer(to_head=True).headers["content-length"], length)
            self.assertEqual(client.answer(to_head=True).status, 404)
            self.assertEqual(client.answer().json(), {"status": "ok"})

    def test_methods_that_a_path_does_not_have_are_refused(self):
        for method in ("DELETE", "PUT", "PATCH", "TRACE", "BREW", "GET", "OPTIONS", "A" * 1000):
            with self.subTest(method=method[:10]):
                self.assert_error(self.server.ask(method, "/embed"), 405, "is not possible for /embed")

    def test_absurd_targets_are_not_found(self):
        for path in ("/nothing", "/../../etc/passwd", "/%2e%2e/x", "*", "//health", "/health/", "/embed%00", "http://x/health",
                     "/models/", "/models/x/embed", "/models/tinyx", "/models//embed", "/v1/models/", "/v1/models/x",
                     "/v1/models/tiny/x", "/models/tiny/v1/models/x", "/" + "a/" * 7000, "/\xff\xfe"):
            with self.subTest(path=path[:30]):
                self.assertEqual(self.server.ask("GET", path).status, 404)

    def test_a_query_is_passed_over(self):
        self.assertEqual(self.server.ask("GET", "/health?a=/../&b").status, 200)


if __name__ == "__main__":
    unittest.main()
