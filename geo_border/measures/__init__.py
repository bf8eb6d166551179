"""What is counted: one file a measure, from layers to columns of areas, from sums over zones to rows of the table."""
