"""Trading itself in plain Python: no Django, no I/O, no clock. Tests of this package need no database."""
