"""Copies of the whole product: the database at one instant and the files of tickets, provable row by row."""
