"""Stands where the database would be, and says how to get one."""
