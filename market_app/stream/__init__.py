"""Prices as they happen: Alpaca's two streams, written to Redis, with a nudge where one crosses a level of a position.

hands     threads that do for the event loop what would block it
line      one connection of alpaca-py, observed from inside
feed      what one connection is for: its symbols, its state, its deafness
board     the latest price of each symbol in Redis, and who reads it
streamer  the whole: feeds, what is wanted of them, the gap after a cut, the nudge
"""
