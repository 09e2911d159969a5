"""Why a run failed, in the words of what failed it: a step, something around its steps, or a blocking check."""

import dagster as dg

from retrain_platform.defs.failures import failure_of
from retrain_platform.steps.training.dataset import NoDecision


def said(*, step: Exception | None = None, resource: Exception | None = None) -> str:
    """What is said of a run whose step, or whose resource, raises."""

    @dg.resource
    def tracked(_context):  # type: ignore[no-untyped-def] # dagster cannot read a local name's annotation
        if resource is not None:
            raise resource

    @dg.op(required_resource_keys={"tracked"})
    def tiny__candidate_model(_context):  # type: ignore[no-untyped-def]
        if step is not None:
            raise step

    @dg.job(resource_defs={"tracked": tracked})
    def retrain() -> None:
        tiny__candidate_model()

    run = retrain.execute_in_process(raise_on_error=False)
    assert not run.success
    return failure_of(run.all_events)


def test_a_step_speaks_for_itself() -> None:
    assert said(step=NoDecision("nobody decided")) == "nobody decided"
    assert said(step=KeyError("x")) == "KeyError: 'x' (in candidate_model)"


def test_what_fails_a_run_before_its_steps_is_told_and_is_no_blocking_check() -> None:
    told = said(resource=OSError("unable to open database file"))
    assert told == "OSError: unable to open database file (outside of the run's steps)"
    assert said(resource=NoDecision("nobody decided")) == "nobody decided"


def test_a_blocking_check_fails_a_run_in_which_nothing_raised() -> None:
    @dg.asset
    def rows() -> None:
        return None

    @dg.asset_check(asset=rows, blocking=True)
    def enough() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=False)

    @dg.asset(deps=[rows])
    def model() -> None:
        return None

    run = dg.materialize([rows, enough, model], raise_on_error=False)
    assert not run.success
    assert "check" in failure_of(run.all_events)
