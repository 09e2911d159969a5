"""Private values never reach a line, and equal ones can still be counted together."""

from __future__ import annotations

from retrain_platform.gateway.base import Row
from retrain_platform.gateway.models.private import Hiding
from retrain_platform.release.serving import About, GatewaySpec

KEY = bytes(range(32))


def hiding(*private: str, key: bytes = KEY, **about: str) -> Hiding:
    spec = GatewaySpec(private=private)
    return Hiding(About.model_validate({"model": "m", "task": "binary", "label": "y", "gateway": spec, **about}), key)


def test_nothing_private_costs_nothing() -> None:
    row = Row({"x": 1.0}, "u1")
    fields, entity = hiding(entity="who").logged(row)
    assert fields is row.fields
    assert entity == "u1"


def test_equal_values_stay_equal_and_others_apart() -> None:
    hide = hiding("shop", "who", entity="who")
    rows = [Row({"shop": shop, "who": 12.0, "x": 1.0}, "12") for shop in ("north", "north", "south", None)]
    found = [hide.logged(row) for row in rows]
    assert found[0] == found[1] != found[2]
    assert found[3][0]["shop"] is None
    assert all(fields["who"] == entity == hide.entity("12") for fields, entity in found)
    assert rows[0].fields["shop"] == "north"
    assert "north" not in str(found)
    assert hiding("shop", key=bytes(32)).fields({"shop": "north"}) != hiding("shop").fields({"shop": "north"})


def test_of_a_ranked_list_the_query_is_what_is_routed_by() -> None:
    hide = hiding("who", entity="who", query="search")
    assert hide.logged(Row({"who": "u1", "search": "shoes"}, "shoes"))[1] == "shoes"
    hide = hiding("search", entity="who", query="search")
    fields, entity = hide.logged(Row({"who": "u1", "search": "shoes"}, "shoes"))
    assert (fields["who"], fields["search"] == entity != "shoes") == ("u1", True)
