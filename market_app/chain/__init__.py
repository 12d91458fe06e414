"""Market data that survives: several providers asked in order, each guarded by a breaker and a budget all processes share.

order     which provider serves which question, as rows; their adapters with keys and limits
guard     the breaker: a provider that fails is left alone, and one process tries it again
budget    calls a minute and a day over all processes
shared    the scripts in Redis that hold both, and what each process does alone while Redis is away
flights   one call for the many that miss the same answer
answers   what was answered, kept in two tiers: this process and Redis
quotes    quotes, kept so for a second
written   chains, bars and activity as they are kept
fallback  the chain itself, a source like any other
health    what was seen of providers as rows, audit, alarm and metric
"""
