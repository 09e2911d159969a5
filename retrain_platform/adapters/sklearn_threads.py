"""How many threads scikit-learn fits on, said from without: an argument would be kept, and named, with the model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def on_threads(count: int) -> Iterator[None]:
    """While it lasts `n_jobs` left unsaid is `count`, and OpenMP has as many threads; 0 changes nothing."""
    if not count:
        yield
        return
    from joblib import parallel_config  # scikit-learn's own, as is the next
    from threadpoolctl import threadpool_limits

    with parallel_config(n_jobs=count), threadpool_limits(limits=count, user_api="openmp"):
        yield
