"""A world on loopback: real protocols and real formats, and misbehaviour on request."""
