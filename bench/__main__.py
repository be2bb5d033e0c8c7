"""`make bench`: every measurement in turn; each prints its table and its ratios."""

from __future__ import annotations

from bench import overhead

if __name__ == "__main__":
    overhead.main()
