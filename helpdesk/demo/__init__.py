"""Demo data: a cast and its stories as YAML, played through the real services at simulated instants.

``scripts`` reads cast and stories, ``plots`` the arcs from which ``generator`` makes the tickets of the full demo,
``stage`` sets up providers, people and contracts, ``player`` plays the acts in order with the real sweep and relay in
between, ``chronicle`` what happens beside the tickets; ``progress`` shows how far it is, ``digest`` proves that the
same date gives the same data, ``loading`` does it all.
"""
