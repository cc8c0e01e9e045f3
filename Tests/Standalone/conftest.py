"""What the system tests of the standalone worker use: all of Tests/support/workers.py, its fixtures and its hook included."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from workers import *  # noqa: E402,F401,F403
