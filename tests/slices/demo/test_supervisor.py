"""The processes of the demo: ports, deaths, and nothing left behind."""

import os
import socket
import threading
import time
from collections.abc import Iterator

import psutil
import pytest
from click.testing import CliRunner

from hub.core.errors import HubError
from hub.demo import supervisor
from hub.demo.command import demo
from hub.demo.serving import Wish, settings_for
from tests.slices.infra.deployments import free_port


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield int(holder.getsockname()[1])


def test_a_taken_port_is_named(taken_port: int):
    with pytest.raises(HubError, match=f"Port {taken_port} is in use"):
        supervisor.require_free([taken_port])


def test_the_command_stops_at_a_taken_port_before_it_touches_any_data(
    taken_port: int, tmp_path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path / "var"))
    for port in (taken_port, taken_port - 1):  # its own port, and that of the phones
        done = CliRunner().invoke(demo, ["--port", str(port)])
        assert isinstance(done.exception, HubError)
        assert f"Port {taken_port} is in use" in done.exception.detail
    assert not (tmp_path / "var").exists()


def test_a_child_that_dies_is_named_and_the_others_are_stopped():
    commands = {"phones": ["fake-notify", "--port", "1"], "helper": ["--help"]}
    with (
        pytest.raises(supervisor.ChildDied, match="has ended by itself"),
        supervisor.children(commands, {}) as started,
    ):
        supervisor.watch(started, threading.Event())
    assert all(child.process.poll() is not None for child in started)


def test_stopping_leaves_no_process_behind():
    port = free_port()
    commands = {"phones": ["fake-notify", "--port", str(port)]}
    with supervisor.children(commands, {}) as started:
        supervisor.wait_until_ready([f"http://127.0.0.1:{port}/"], started)
        pids = [child.process.pid for child in started]
        pids += [one.pid for pid in pids for one in psutil.Process(pid).children(recursive=True)]
    assert not [pid for pid in pids if psutil.pid_exists(pid)]


def test_ctrl_c_and_terminate_set_the_stop():
    for number in (2, 15):
        with supervisor.stop_signals() as stopping:
            os.kill(os.getpid(), number)
            for _ in range(100):
                if stopping.is_set():
                    break
                time.sleep(0.01)
            assert stopping.is_set()


@pytest.mark.parametrize("name", ["HUB_DATABASE_URL", "HUB_NOTIFY_KEY", "HUB_KEY_FILE"])
def test_the_demo_refuses_the_settings_of_a_real_hub(name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(name, "postgresql://somewhere/real")
    with pytest.raises(HubError, match=f"unset {name}"):
        settings_for(Wish(10, 42, 8000, "x", fresh=False))
