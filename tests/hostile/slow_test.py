"""Clients that are slow, many, or go without a word."""
import os
import time
import unittest

from hostile_case import HostileCase
from server import eventually
from wire import make_request

CONNECTS = int(os.environ.get("MEMO_HOSTILE_CONNECTS", "3000"))
MANY = {"inputs": ["the meeting about money " + "a " * 30] * 2000}


class SlowClients(HostileCase):
    def all_end(self, clients):
        ended = all(client.is_ended() for client in clients)
        for client in clients:
            client.close()
        return ended

    def test_many_that_never_end_their_headers_are_closed_while_others_are_answered(self):
        slow = [self.server.client() for _ in range(300)]
        for client in slow:
            client.send(b"GET /health HTTP/1.1\r\nX-Slow: ")
        for _ in range(20):
            self.assert_right(self.server.embed(["the meeting"]))
        self.assertTrue(self.all_end(slow))
        self.assertGreaterEqual(self.server.figure("memo_serve_connections_timed_out_total"), 300)

    def test_a_header_in_drops_is_closed_all_the_same(self):
        with self.server.client() as client:
            while client.send_as_far_as_taken(b"X: y\r\n" if client.read else b"GET / HTTP/1.1\r\n"):
                client.read = b"begun"
                time.sleep(0.1)
            client.read = b""

    def test_a_body_in_drops_is_closed_when_its_time_is_over(self):
        with self.server.client() as client:
            client.send(b"POST /embed HTTP/1.1\r\nContent-Length: 100000\r\n\r\n")
            while client.send_as_far_as_taken(b"x"):
                time.sleep(0.1)

    def test_a_body_that_does_not_come_is_closed(self):
        clients = [self.server.client() for _ in range(100)]
        for client in clients:
            client.send(b"POST /embed HTTP/1.1\r\nContent-Length: 2000000\r\n\r\n{")
        self.assertTrue(self.all_end(clients))

    def test_a_client_that_reads_nothing_holds_up_nobody(self):
        with self.server.client() as idle:
            idle.send_as_far_as_taken(make_request("POST", "/embed", MANY) * 3)
            for _ in range(5):
                self.assert_right(self.server.embed(["the meeting"]))
            idle.reset()

    def test_one_that_has_finished_sending_is_answered_or_closed(self):
        with self.server.client() as client:
            client.send(make_request("GET", "/health"))
            client.finish_sending()
            answer = client.answer()
            self.assertTrue(answer is None or answer.status == 200)
            self.assertTrue(client.is_ended())
        with self.server.client() as client:
            client.send(make_request("POST", "/embed", {"inputs": "a"})[:-3])
            client.finish_sending()
            answer = client.answer()
            self.assertTrue(answer is None or answer.status == 400)
            self.assertTrue(client.is_ended())


class GoneClients(HostileCase):
    def test_what_they_asked_for_is_dropped(self):
        before = self.server.figure("memo_serve_computed_tokens_total")
        for leave in ("close", "reset"):
            for _ in range(10):
                client = self.server.client()
                client.send(make_request("POST", "/embed", MANY))
                getattr(client, leave)()
        self.assertTrue(eventually(lambda: self.server.figure("memo_serve_waiting_requests") == 0))
        tokens = self.server.figure("memo_serve_computed_tokens_total") - before
        self.assertLess(tokens, 20 * 2000 * 64)

    def test_one_that_goes_while_others_wait_takes_nothing_from_them(self):
        with self.server.client() as patient:
            patient.send(make_request("POST", "/embed", {"inputs": ["the meeting"] * 500}))
            for _ in range(50):
                client = self.server.client()
                client.send(make_request("POST", "/embed", MANY)[:-1] + b"}")
                client.reset()
            answer = patient.answer()
        self.assertEqual(answer.json(), [self.server.embed(["the meeting"]).json()[0]] * 500)

    def test_those_that_go_within_a_request_leave_nothing(self):
        request = make_request("POST", "/embed", {"inputs": ["the meeting"]})
        for end in range(len(request)):
            client = self.server.client()
            client.send(request[:end])
            client.reset() if end % 2 else client.close()

    def test_those_that_go_with_their_answers_unread_leave_nothing(self):
        for _ in range(200):
            client = self.server.client()
            client.send(make_request("POST", "/embed", {"inputs": ["the meeting"]}) * 5)
            client.reset()


class ManyConnects(HostileCase):
    OPTIONS = [*HostileCase.OPTIONS, "--max-connections", "200"]

    def test_connects_without_a_word_leave_nothing(self):
        for number in range(CONNECTS):
            client = self.server.client()
            client.reset() if number % 3 else client.close()

    def test_connections_beyond_the_limit_are_told_so(self):
        kept = [self.server.client() for _ in range(199)]
        for _ in range(10):
            kept.append(self.server.client())
            if (answer := kept[-1].ask("GET", "/health")).status != 200:
                break
        self.assert_error(answer, 503, "too many connections")
        self.assertEqual(kept[0].ask("GET", "/health").status, 200)
        for client in kept:
            client.close()


if __name__ == "__main__":
    unittest.main()
