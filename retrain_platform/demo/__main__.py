"""`python -m retrain_platform.demo [live]`."""

from __future__ import annotations

import sys


def main(act: str) -> int:
    """Play the act: the year, or the one before live traffic."""
    if act == "live":
        from retrain_platform.demo.live import main as live

        return live()
    from retrain_platform.demo.year import main as year

    return year()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1] if len(sys.argv) > 1 else "year"))
