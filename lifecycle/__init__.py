"""The one write path of a ticket, and the timers that act on it."""
