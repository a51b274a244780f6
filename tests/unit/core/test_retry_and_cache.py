from pipelines.core.cache import cache_key
from pipelines.core.document import Backoff
from pipelines.core.retry import delay


def test_delay_grows_by_the_factor_up_to_the_maximum():
    backoff = Backoff(initial="2s", factor=3, max="1m")
    assert [delay(backoff, n) for n in (1, 2, 3, 4, 5)] == [2, 6, 18, 54, 60]


def test_delay_does_not_overflow_after_very_many_failures():
    assert delay(Backoff(initial=1, factor=1.5, max=300), 5000) == 300


TABLE = {"artifact": "ab" * 32, "type": "table", "name": "a.parquet", "size": 3}


def test_key_depends_on_component_parameters_and_inputs():
    keys = {
        cache_key("c1", {"x": 1}, {"t": TABLE}),
        cache_key("c2", {"x": 1}, {"t": TABLE}),
        cache_key("c1", {"x": 2}, {"t": TABLE}),
        cache_key("c1", {"x": 1}, {"t": {**TABLE, "artifact": "cd" * 32}}),
        cache_key("c1", {"x": 1}, {"t": [TABLE]}),
        cache_key("c1", {"x": 1}, {"u": TABLE}),
    }
    assert len(keys) == 6


def test_key_does_not_depend_on_order_or_on_a_files_name():
    renamed = {**TABLE, "name": "b.parquet"}
    assert cache_key("c", {"a": 1, "b": 2}, {"t": TABLE}) == cache_key(
        "c", {"b": 2, "a": 1}, {"t": renamed}
    )


def test_key_of_text_that_is_not_valid_unicode():
    assert len(cache_key("c", {"x": "\ud800"}, {})) == 64
