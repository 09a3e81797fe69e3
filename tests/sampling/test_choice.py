import numpy as np

from chromantic.sampling.choice import choose_samples


def test_the_sample_nearest_to_what_is_expected_is_chosen() -> None:
    expected = np.broadcast_to(np.array([[10.0, 5.0], [-20.0, 0.0]])[..., None, None], (2, 2, 3, 4))
    candidates = np.stack([-expected, 0.2 * expected, 1.2 * expected, 4.0 * expected], axis=1)
    assert choose_samples(candidates, expected).tolist() == [2, 2]
    assert choose_samples(candidates[:, ::-1], expected).tolist() == [1, 1]
    each_its_own = np.stack([candidates[0], np.roll(candidates[1], 1, axis=0)])
    assert choose_samples(each_its_own, expected).tolist() == [2, 3]


def test_the_whole_candidate_counts_not_its_mean_or_sign() -> None:
    expected = np.zeros((1, 2, 2, 2))
    uneven, even = np.broadcast_to(np.array([[9.0, -9.0], [9.0, -9.0]]), (2, 2, 2)), np.full((2, 2, 2), 4.0)
    for candidates in ([uneven, even], [uneven, -even]):
        assert choose_samples(np.stack(candidates)[None], expected).tolist() == [1]
