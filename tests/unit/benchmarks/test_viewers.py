"""How the benchmark of viewers tells the cost of a refresh from that of an answer."""

from tests.benchmarks.bench_viewers import shared_cost


def test_a_late_refresh_does_not_make_viewers_cheap() -> None:
    """On a busy machine the console refreshes seldom; its figure would look better the busier it is."""
    refresh, answer = 18.0, 1.5
    runs = {
        str(viewers): {
            "refreshes": refreshes, "answers": 20 * viewers, "cpu_ms": refresh * refreshes + answer * 20 * viewers
        }
        for viewers, refreshes in ((1, 11), (20, 20), (200, 17))
    }  # fmt: skip
    assert shared_cost(runs) == {"one_viewer_ms": 19.5, "further_viewer_ms": 1.5}
