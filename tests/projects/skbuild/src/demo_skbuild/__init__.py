from demo_skbuild._length import length as length
