from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from unit_test.guard import OutsideWorldError


def test_a_unit_test_cannot_connect() -> None:
    with socket.socket() as connection, pytest.raises(OutsideWorldError, match="opens a connection"):
        connection.connect(("127.0.0.1", 9))


def test_a_unit_test_cannot_start_a_process() -> None:
    with pytest.raises(OutsideWorldError, match="starts a process"):
        subprocess.run([sys.executable, "-c", ""], check=False)


def test_a_unit_test_cannot_replace_its_process() -> None:
    with pytest.raises(OutsideWorldError, match="replaces the process"):
        os.execv(sys.executable, [sys.executable, "-c", ""])
