import unittest

import hello


class HelloTest(unittest.TestCase):
    def test_greets_by_name(self):
        self.assertEqual(hello.greet("wörld"), "Hello, wörld!")

    def test_refuses_what_is_no_name(self):
        with self.assertRaises(TypeError):
            hello.greet(1)

    def test_adds(self):
        self.assertEqual(hello.add(1.5, 2), 3.5)


if __name__ == "__main__":
    unittest.main()
