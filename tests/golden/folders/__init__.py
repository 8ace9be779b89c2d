"""The parts of make_folders.py."""
