"""The server ends, or its daemon does, while requests are open."""
import signal
import tempfile
import unittest

from server import Program, Server, eventually
from wire import make_request

TEXTS = [f"the meeting about money {i} " + "a " * 20 for i in range(1500)]
REQUEST = make_request("POST", "/embed", {"inputs": TEXTS})


class EndOfTheServer(unittest.TestCase):
    def setUp(self):
        self.server = Server("--batch-tokens", "256", "--drain-timeout", "50s")
        self.addCleanup(self.server.process.kill)

    def ask_in_the_background(self, count):
        clients = [self.server.client() for _ in range(count)]
        for client in clients:
            client.send(REQUEST)
            self.addCleanup(client.close)
        self.assertTrue(eventually(lambda: self.server.figure("memo_serve_waiting_requests") >= count - 1))
        return clients

    def test_open_requests_are_answered_first(self):
        expected = self.server.embed(TEXTS).body
        clients = self.ask_in_the_background(4)
        self.server.signal(signal.SIGTERM)
        for client in clients:
            answer = client.answer()
            self.assertIsNotNone(answer)
            self.assertEqual((answer.status, answer.body == expected), (200, True))
            self.assertEqual(answer.headers["connection"], "close")
            self.assertTrue(client.is_ended())
        self.assertEqual(self.server.wait(), 0)

    def test_idle_connections_are_closed_and_no_more_are_taken(self):
        idle = [self.server.client() for _ in range(20)]
        idle[0].ask("GET", "/health")
        clients = self.ask_in_the_background(3)
        self.server.signal(signal.SIGTERM)
        for client in idle:
            self.assertTrue(client.is_ended())
            client.close()
        with self.assertRaises(OSError):
            self.server.client()
        self.assertEqual(clients[0].answer().status, 200)
        self.assertEqual(self.server.wait(), 0)

    def test_a_second_signal_ends_it_at_once(self):
        for first, second in ((signal.SIGTERM, signal.SIGTERM), (signal.SIGINT, signal.SIGTERM)):
            with self.subTest(first=first, second=second):
                server = self.server = Server("--batch-tokens", "16", "--drain-timeout", "1h")
                self.addCleanup(server.process.kill)
                clients = self.ask_in_the_background(4)
                server.signal(first)
                self.assertTrue(eventually(lambda: "ending" in server.log()))
                server.signal(second)
                self.assertEqual(server.wait(), 0, server.log()[-3000:])
                for client in clients:
                    try:
                        client.answer()
                    except ValueError:
                        pass  # half of an answer

    def test_a_client_that_keeps_its_request_to_itself_does_not_keep_the_server(self):
        server = Server("--drain-timeout", "1s", "--header-timeout", "1h", "--body-timeout", "1h")
        self.addCleanup(server.process.kill)
        slow, slower = server.client(), server.client()
        slow.send(b"GET /health HT")
        slower.send(b"POST /embed HTTP/1.1\r\nContent-Length: 100000\r\n\r\n{")
        self.assertEqual(server.ask("GET", "/health").status, 200)
        self.assertEqual(server.end(), 0, server.log()[-3000:])
        slow.close()
        slower.close()

    def test_large_bodies_that_wait_to_be_read_do_not_hold_it_up(self):
        server = Server("--drain-timeout", "1s", "--batch-tokens", "64")
        self.addCleanup(server.process.kill)
        body = {"inputs": ["the meeting " * 400] * 3000}
        clients = [server.client() for _ in range(8)]
        for client in clients:
            client.send(make_request("POST", "/embed", body))
        self.assertEqual(server.end(), 0, server.log()[-3000:])
        for client in clients:
            client.close()


class EndOfTheDaemon(unittest.TestCase):
    def test_requests_go_on_and_find_memos_when_it_is_back(self):
        with tempfile.TemporaryDirectory(prefix="memo-hostile-") as folder:
            socket = f"{folder}/socket"
            daemon = self.start(folder)
            server = Server(memo=f"unix:{socket}")
            self.addCleanup(server.process.kill)
            expected = server.embed(TEXTS[:200])
            self.assertTrue(eventually(lambda: server.embed(TEXTS[:200]).headers["x-memo"] == "output"))
            daemon.signal(signal.SIGKILL)
            daemon.wait()
            for _ in range(5):
                self.assertEqual(server.embed(TEXTS[:200]).body, expected.body)
            daemon = self.start(folder)
            self.assertTrue(eventually(lambda: server.embed(TEXTS[:200]).headers["x-memo"] == "output"))
            self.assertEqual(server.embed(TEXTS[:200]).body, expected.body)
            self.assertEqual(server.end(), 0, server.log()[-3000:])
            self.assertEqual(daemon.end(), 0)

    def test_it_may_die_while_requests_are_open(self):
        with tempfile.TemporaryDirectory(prefix="memo-hostile-") as folder:
            daemon = self.start(folder)
            server = Server("--batch-tokens", "64", memo=f"unix:{folder}/socket")
            self.addCleanup(server.process.kill)
            clients = [server.client() for _ in range(4)]
            for number, client in enumerate(clients):
                client.send(make_request("POST", "/embed", {"inputs": TEXTS[number * 300:][:300]}))
            daemon.signal(signal.SIGKILL)
            daemon.wait()
            answers = [client.answer() for client in clients]
            for number, answer in enumerate(answers):
                self.assertEqual(answer.body, server.embed(TEXTS[number * 300:][:300]).body)
            for client in clients:
                client.close()
            self.assertEqual(server.end(), 0, server.log()[-3000:])

    def start(self, folder):
        arguments = ["--pool", f"{folder}/pool", "--size", "64MiB", "--listen", f"unix:{folder}/socket"]
        daemon = Program("memod", arguments, "ready")
        self.addCleanup(daemon.process.kill)
        return daemon


if __name__ == "__main__":
    unittest.main()
