"""What happened, in numbers, and which of two engines did better: figures of trades, intervals, and a verdict that may be
asked for every day without being wrong more often than it says.
"""
