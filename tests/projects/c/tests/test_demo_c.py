import unittest

import demo_c


class DemoTest(unittest.TestCase):
    def test_hypotenuse(self):
        self.assertAlmostEqual(demo_c.hypotenuse(3, 4), 5)

    def test_reversed_bytes(self):
        self.assertEqual(demo_c.reversed_bytes(b"abc"), b"cba")
