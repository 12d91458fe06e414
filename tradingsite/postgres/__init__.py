"""Django's PostgreSQL, which asks a kept connection how it is without a round trip."""
