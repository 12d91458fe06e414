"""Which engine is better: what each made of the alerts that both decided on, from rows to a verdict. Nothing here writes."""
