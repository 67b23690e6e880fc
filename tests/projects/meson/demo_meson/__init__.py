from demo_meson._backwards import backwards as backwards
