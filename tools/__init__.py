"""The toolchain: names of programs in, paths of runnable programs out.

It runs on the system's Python before any virtual environment exists, so everything here is standard library
only. A program on PATH that fits is used as it is; what is missing is built or installed once into a cache
outside the checkout. Start at `toolchain.py`; `programs.py` is the table, `versions.toml` the pins.
"""
