"""What was promised to whom: terms as data, contracts, contacts and environments."""
