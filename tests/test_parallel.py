import threading
import time

import pytest
import torch

from chromantic.parallel import map_in_threads


def test_results_come_in_order():
    def later_items_sooner(item: int) -> int:
        time.sleep(0.02 * (item % 2 == 0))
        return item * item

    assert list(map_in_threads(later_items_sooner, range(9), workers=3)) == [item * item for item in range(9)]


def test_items_are_in_work_at_the_same_time():
    both = threading.Barrier(2, timeout=10)
    list(map_in_threads(lambda _: both.wait(), range(2), workers=2))


def test_each_worker_has_one_torch_thread_and_the_caller_keeps_his():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert list(map_in_threads(lambda _: torch.get_num_threads(), range(4))) == [1] * 4
        assert torch.get_num_threads() == 2
        threads: list[int] = []
        thread = threading.Thread(target=lambda: threads.append(torch.get_num_threads()))
        thread.start()
        thread.join()
        assert threads == [2]
    finally:
        torch.set_num_threads(before)


def test_items_are_taken_a_few_ahead_only():
    taken = []
    items = (taken.append(item) or item for item in range(1000))
    results = map_in_threads(lambda item: item, items, workers=2)
    assert next(results) == 0
    assert len(taken) <= 5
    results.close()
    assert len(taken) <= 5


def test_an_error_comes_in_its_turn_and_ends_the_work():
    done = []

    def refuse_three(item: int) -> int:
        if item == 3:
            raise ValueError("three")
        done.append(item)
        return item

    results = map_in_threads(refuse_three, range(1000), workers=2)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        next(results)
    assert max(done) < 10


def test_no_items_give_no_results():
    assert list(map_in_threads(lambda item: item, [])) == []
