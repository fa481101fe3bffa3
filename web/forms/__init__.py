"""Shapes of what people send: normalised at the boundary, capped, with every error beside its field."""
