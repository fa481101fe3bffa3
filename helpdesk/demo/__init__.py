"""Demo data: a cast and its stories as YAML, played through the real services at simulated instants.

``scripts`` reads the YAML, ``stage`` sets up providers, people and contracts, ``player`` plays the acts in order with
the real sweep and relay in between, ``digest`` proves that the same date gives the same data, ``loading`` does it all.
"""
