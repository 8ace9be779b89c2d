"""What every test of hostile clients holds the server to."""
import json
import unittest

from server import Server, eventually

# A server that was asked for once keeps some memory for the next; under a sanitizer freed memory is kept for a while.
MAX_GROWTH = 600 << 20


class HostileCase(unittest.TestCase):
    """One server for all tests of a class. After each it answers as before, and has let go of what the test took."""

    OPTIONS = ["--header-timeout", "1s", "--body-timeout", "2s", "--idle-timeout", "20s", "--drain-timeout", "20s",
               "--max-body", "2MiB"]

    @classmethod
    def setUpClass(cls):
        cls.server = Server(*cls.OPTIONS)
        cls.expected = cls.server.embed(["the meeting"]).body
        assert eventually(lambda: cls.server.figure("memo_serve_connections") == 1), "the first connections stay open"
        cls.descriptors = cls.server.descriptors()
        cls.memory = cls.server.memory()

    @classmethod
    def tearDownClass(cls):
        code = cls.server.end()
        assert code == 0, f"exit code {code}: {cls.server.log()[-2000:]}"

    def tearDown(self):
        self.assertTrue(self.server.is_running(), self.server.log()[-4000:])
        self.assertEqual(self.server.embed(["the meeting"]).body, self.expected)
        self.assertTrue(eventually(lambda: self.server.descriptors() <= self.descriptors),
                        f"{self.server.descriptors()} descriptors, before: {self.descriptors}")
        self.assertLess(self.server.memory() - self.memory, MAX_GROWTH)

    def assert_error(self, answer, status, words=""):
        """An error as clients of Text Embeddings Inference read it."""
        self.assertIsNotNone(answer)
        self.assertEqual(answer.status, status, answer.body[:300])
        self.assertIn(words, json.loads(answer.body)["error"])

    def assert_right(self, answer, expected=None):
        self.assertEqual(answer.status, 200, answer.body[:300])
        self.assertEqual(answer.body, expected or self.expected)
