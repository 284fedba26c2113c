"""Scaling laws fitted to runs of one's own: reading runs, Hoffmann's three approaches, laws of compute, and doubt."""
