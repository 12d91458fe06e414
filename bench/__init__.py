"""Speed and memory of this system, each beside its floor in the same run: ``python -m bench [row …]``."""
