"""The areas that figures are reported for: bands, strips, corridor, administrative units, cells."""
