"""Engine B at work: what is in force, what the agents see, hearing them, and what is kept of it.

``hearing`` and ``sight`` import numpy; only a worker that hears a jury imports them.
"""
