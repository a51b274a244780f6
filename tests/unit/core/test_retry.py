from pipelines.core.document import Backoff
from pipelines.core.retry import delay


def test_delay_grows_by_the_factor_up_to_the_maximum():
    backoff = Backoff(initial="2s", factor=3, max="1m")
    assert [delay(backoff, n) for n in (1, 2, 3, 4, 5)] == [2, 6, 18, 54, 60]


def test_delay_does_not_overflow_after_very_many_failures():
    assert delay(Backoff(initial=1, factor=1.5, max=300), 5000) == 300
