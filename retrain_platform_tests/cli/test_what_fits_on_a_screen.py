"""Tables on terminals of any width: which columns a narrow one goes without."""

from __future__ import annotations

import pytest
from rich.console import Console

from retrain_platform.cli.screen import show

ROWS = [{"policy": "every 2 weeks", "loss": "28.446", "beside never": "-22.4 ± 15.6", "regret": "0.024"}]


@pytest.mark.parametrize(
    ("columns", "shown"),
    [
        ("120", ["policy", "loss", "beside never", "regret"]),
        ("42", ["policy", "beside never", "regret"]),
        ("34", ["policy", "beside never"]),
    ],
)
def test_spare_columns_go_one_by_one_until_the_others_fit(
    columns: str, shown: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr("retrain_platform.cli.screen.console", Console(width=200))  # made when COLUMNS said so
    show(ROWS, spare=("loss", "regret", "absent"))
    head, row = capsys.readouterr().out.splitlines()
    assert head.replace("beside never", "beside_never").split() == [each.replace(" ", "_") for each in shown]
    assert "-22.4 ± 15.6" in row
