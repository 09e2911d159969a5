"""The folder, the key, the lock, the socket and the states that the gateway's processes share."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from multiprocessing.pool import ThreadPool
from pathlib import Path

import pytest

from retrain_platform.adapters.gateway_home import GatewayHome
from retrain_platform.adapters.gateway_key import signing_key
from retrain_platform.gateway.processes.lead import Lead
from retrain_platform.gateway.processes.listening import CannotListen, instance_name, is_loopback, listen
from retrain_platform.gateway.processes.states import ProcessState, forget_state, read_states, write_state
from retrain_platform.release.serving import OWN_NAMES

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("name", ["../other", "a/b", "..", ".", "", "a b"])
def test_a_name_that_leaves_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="must be letters"):
        GatewayHome(tmp_path).package("tiny", name)


def test_what_is_no_models_in_the_folder_is_known_to_specs(tmp_path: Path) -> None:
    home = GatewayHome(tmp_path)
    own = (home.spool("8000"), home.states, home.office("8000"), home.staging, home.key, home.tokens)
    names = {path.relative_to(tmp_path).parts[0] for path in own}
    assert {name for name in names if "." not in name} | {"aside"} == set(OWN_NAMES)


def test_of_many_processes_one_makes_the_key_and_its_owner_alone_reads_it(tmp_path: Path) -> None:
    place = tmp_path / "gateway" / "key"
    with ThreadPool(8) as pool:
        keys = set(pool.map(lambda _: signing_key(place), range(8)))
    assert len(keys) == 1
    assert place.stat().st_mode & 0o777 == 0o600


def test_a_key_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"short")
    with pytest.raises(ValueError, match="5 bytes, must be 32"):
        signing_key(tmp_path / "key")


LEADS = (
    "import sys; from pathlib import Path; from retrain_platform.gateway.processes.lead import Lead\n"
    "lead = Lead(Path(sys.argv[1])); print(lead.take(), flush=True); sys.stdin.read()"
)


def test_one_leads_and_its_death_gives_the_lead_to_the_next(tmp_path: Path) -> None:
    words = [sys.executable, "-c", LEADS, str(tmp_path / "lock")]
    waited = []
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"

        def ended(_: float) -> bool:
            if len(waited) == 2:
                holder.kill()
                holder.wait()
            return len(waited) > 2

        assert Lead(tmp_path / "lock").wait(ended, lambda: waited.append(1))
    assert len(waited) == 2


def test_a_taken_port_says_what_to_do() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(CannotListen, match=f"--port == {port}, must be free.*--port {port + 1}"):
            listen("127.0.0.1", port)
    with pytest.raises(CannotListen, match="must be an address of this machine"):
        listen("192.0.2.1", 0)


def test_an_instance_is_named_by_where_it_listens() -> None:
    assert (instance_name("127.0.0.1", 8000), instance_name("10.0.0.1", 8000)) == ("8000", "10.0.0.1-8000")
    assert [is_loopback(host) for host in ("localhost", "::1", "127.0.0.2", "0.0.0.0", "example.org")] == [
        True, True, True, False, False,
    ]  # fmt: skip


def test_who_has_fallen_silent_is_not_counted_as_there(tmp_path: Path) -> None:
    home = GatewayHome(tmp_path)
    for name, age in (("8000-w1", 0), ("8000-w2", 60)):
        at = NOW - timedelta(seconds=age)
        write_state(home, ProcessState(name=name, role="worker", instance="8000", pid=1, started=at, at=at))
    (home.states / "torn.json").write_text("{")
    assert [state.name for state in read_states(home, NOW)] == ["8000-w1"]
    forget_state(home, "8000-w1")
    assert read_states(home, NOW) == []
