"""The ticket, its conversation, its journal and its files. Nothing here can move a ticket: that is lifecycle's."""
