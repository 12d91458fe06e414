"""A year of alerts with a known true difference between the engines, as rows, and what the comparison says of it each day."""
