from demo_cython.primes import primes


def test_primes():
    assert primes(5) == [2, 3, 5, 7, 11]
