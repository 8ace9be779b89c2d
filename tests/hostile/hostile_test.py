#!/usr/bin/env python3
"""Clients that mean harm, or know no better, against memo-serve.

usage: hostile_test.py BIN_DIR SOURCE_DIR [TEST ...]

TEST: framing_test, slow_test.GoneClients, ... (default: all). MEMO_HOSTILE_CONNECTS: how many connections come and go
without a word (default 3000). Exit code 1: some failed.
"""
import os
import sys
import unittest

os.environ["MEMO_HOSTILE_BIN"], os.environ["MEMO_HOSTILE_SOURCE"] = sys.argv[1:3]
TESTS = sys.argv[3:] or ["framing_test", "slow_test", "contents_test", "ending_test"]

if __name__ == "__main__":
    suite = unittest.defaultTestLoader.loadTestsFromNames(TESTS)
    sys.exit(not unittest.TextTestRunner(verbosity=2).run(suite).wasSuccessful())
