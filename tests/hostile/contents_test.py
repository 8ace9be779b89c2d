"""Whole requests with hostile contents: keys, pages of others, JSON, and too much of everything."""
import tempfile
import unittest

from hostile_case import HostileCase
from wire import make_request

PAGE = "Origin: http://page.example"


class Contents(HostileCase):
    def embed(self, body):
        return self.server.ask("POST", "/embed", body)

    def test_invalid_utf_8_is_refused(self):
        for text in (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf", b"\x80" * 100_000):
            with self.subTest(text=text[:5]):
                answer = self.embed(b'{"inputs": "' + text + b'"}')
                self.assert_error(answer, 422, "UTF-8")
                self.assertLess(len(answer.body), 1000)

    def test_nul_bytes_are_text_where_json_allows_them(self):
        self.assert_error(self.embed(b'{"inputs": "\0"}'), 422)
        self.assert_error(self.embed(b'{"inputs": "a"}\0'), 422)
        self.assert_error(self.embed(b'{"inputs": "a"}\0, "truncate": 5}'), 422)
        self.assertEqual(self.embed(b'{"inputs": "a\\u0000b"}').status, 200)

    def test_deep_json_is_refused(self):
        for depth in (8, 1000, 250_000):
            self.assert_error(self.embed(b'{"inputs": ' + b"[" * depth), 422, "nested deeper than 8")
            self.assert_error(self.embed(b'{"a":' * depth + b"1" + b"}" * depth), 422)

    def test_odd_json_is_refused_and_shown_shortened(self):
        for body in (b"", b"null", b"[]", b"1", b'{"inputs": "a", "inputs": "b"}', b'{"inputs": NaN}', b'{"inputs": 1e999}',
                     b'{"inputs": ' + b"9" * 1_000_000 + b"}", b'{"' + b"x" * 1_000_000 + b'": 1}',
                     b'{"inputs": {"a": "' + b"x" * 1_000_000 + b'"}}', b'{"inputs": "' + b"x" * 1_000_000,
                     b'{"inputs": "a", "truncate": "' + b"x" * 1_000_000 + b'"}', b'{"inputs": "a"}' * 2, b"\xef\xbb\xbf\xef"):
            with self.subTest(body=body[:40]):
                answer = self.embed(body)
                self.assert_error(answer, 422)
                self.assertLess(len(answer.body), 1000)

    def test_another_content_type_is_refused(self):
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
            with self.server.client() as client:
                client.send(f"POST /embed HTTP/1.1\r\nContent-Type: {kind}\r\nContent-Length: 2\r\n\r\n{{}}".encode())
                self.assert_error(client.answer(), 415, kind)

    def test_ten_thousand_texts_are_answered_each_in_its_place(self):
        answers = [self.server.embed([f"{i}"]).json()[0] for i in range(10)]
        answer = self.embed({"inputs": [f"{i % 10}" for i in range(10_000)]})
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.json(), answers * 1000)

    def test_more_texts_than_allowed_are_refused(self):
        self.assert_error(self.embed({"inputs": ["a"] * 32_769}), 413, "batch size 32769")

    def test_a_text_of_a_megabyte_is_cut_or_refused_as_asked_for(self):
        for text in ("a " * 500_000, "x" * 1_000_000, "é" * 300_000):
            self.assertEqual(self.embed({"inputs": text}).status, 200)
        self.assert_error(self.embed({"inputs": "a " * 500_000, "truncate": False}), 413, "less than 65 tokens")

    def test_what_an_answer_quotes_is_valid_json(self):
        for name in ('"', "\\", "\n", "\x7f", "</script>", "\u2028", "é"):
            self.assert_error(self.embed({"inputs": "a", name: 1}), 422, "is not known here")
            self.assert_error(self.embed({"inputs": "a", "model": name}), 404, "is not served here")
        self.assert_error(self.server.ask("GET", "/\"\\\xff"), 404)

    def test_ids_that_no_vocabulary_has_are_no_words_or_refused(self):
        self.assertEqual(self.server.ask("POST", "/decode", {"ids": [162, 2147483647]}).json(), [""])
        for ids in ([4294967296], [-1], [[[1]]], ["a" * 100_000]):
            answer = self.server.ask("POST", "/decode", {"ids": ids})
            self.assert_error(answer, 422)
            self.assertLess(len(answer.body), 1000)

    def test_pages_of_others_may_not_ask(self):
        answer = self.server.ask("GET", "/health", headers=[PAGE])
        self.assertNotIn("access-control-allow-origin", answer.headers)
        self.assertEqual(self.server.ask("OPTIONS", "/embed", headers=[PAGE]).status, 405)


class AllowedPages(HostileCase):
    OPTIONS = [*HostileCase.OPTIONS, "--cors-origin", "http://page.example"]

    def test_the_allowed_one_may_ask(self):
        answer = self.server.ask("OPTIONS", "/embed", headers=[PAGE, "Access-Control-Request-Method: POST"])
        self.assertEqual(answer.status, 204)
        self.assertEqual(answer.headers["access-control-allow-origin"], "http://page.example")
        self.assertIn("POST", answer.headers["access-control-allow-methods"])
        answer = self.server.ask("POST", "/embed", {"inputs": "a"}, headers=[PAGE])
        self.assertEqual(answer.headers["access-control-allow-origin"], "http://page.example")

    def test_any_other_may_not(self):
        for origin in ("http://other.example", "http://page.example.org", "http://page.example\tx", "null", ""):
            for method in ("GET", "OPTIONS"):
                answer = self.server.ask(method, "/health", headers=[f"Origin: {origin}"])
                self.assertNotIn("access-control-allow-origin", answer.headers)


class Keys(HostileCase):
    KEY = "a secret/key+with=signs"

    @classmethod
    def setUpClass(cls):
        cls.file = tempfile.NamedTemporaryFile("w")
        cls.file.write(cls.KEY + "\n")
        cls.file.flush()
        cls.OPTIONS = [*HostileCase.OPTIONS, "--api-key-file", cls.file.name]
        super().setUpClass()
        cls.expected = cls.server.embed(["the meeting"]).body

    def test_the_right_one_opens(self):
        answer = self.server.ask("POST", "/embed", {"inputs": ["a"]}, headers=[f"Authorization: Bearer {self.KEY}"])
        self.assertEqual(answer.status, 200)

    def test_every_other_is_refused_in_the_words_of_its_interface(self):
        wrong = ["", "Bearer", "Bearer ", "Bearer x", f"Bearer {self.KEY}x", f"Bearer {self.KEY[:-1]}", f"Basic {self.KEY}",
                 self.KEY, "Bearer " + "x" * 10_000, f"Bearer {self.KEY}, Bearer x", "Bearer \xff\xfe"]
        for value in wrong:
            for path in ("/embed", "/v1/embeddings", "/decode", "/"):
                with self.subTest(value=value[:20], path=path):
                    answer = self.server.ask("POST", path, {"inputs": "a"}, headers=[f"Authorization: {value}"])
                    self.assertEqual(answer.status, 401)
                    self.assertEqual(answer.headers["www-authenticate"], "Bearer")
                    error = answer.json()["error"]
                    self.assertEqual(isinstance(error, dict), path.startswith("/v1/"))
                    self.assertNotIn(self.KEY, answer.body.decode())

    def test_none_is_needed_for_health(self):
        self.assertEqual(self.server.ask("GET", "/health").status, 200)
        self.assertEqual(self.server.ask("GET", "/info").status, 401)


class FullQueue(HostileCase):
    OPTIONS = [*HostileCase.OPTIONS, "--waiting-tokens", "1", "--batch-tokens", "64"]

    def test_requests_beyond_it_are_told_when_to_come_again(self):
        body = {"inputs": ["the meeting about money " * 20] * 400}
        clients = [self.server.client() for _ in range(12)]
        for client in clients:
            client.send(make_request("POST", "/embed", body))
        answers = [client.answer() for client in clients]
        for client in clients:
            client.close()
        refused = [answer for answer in answers if answer.status != 200]
        self.assertTrue(refused)
        self.assertLess(len(refused), len(answers))
        for answer in refused:
            self.assert_error(answer, 429, "overloaded")
            self.assertGreaterEqual(int(answer.headers["retry-after"]), 1)


if __name__ == "__main__":
    unittest.main()
