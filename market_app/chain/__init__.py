"""Market data that survives: several providers asked in order, each guarded by a breaker and a budget all processes share.

order     which provider serves which question, as rows; their adapters with keys and limits
guard     the breaker: a provider that fails is left alone, and one process tries it again
budget    calls a minute and a day over all processes
shared    the scripts in Redis that hold both, and what each process does alone while Redis is away
quotes    answers kept for a moment in two tiers, and one call for many that ask the same
fallback  the chain itself, a source like any other
health    what was seen of providers as rows, audit, alarm and metric
"""
