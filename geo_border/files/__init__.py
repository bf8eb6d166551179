"""The door: every file that was not made in memory is opened here, of a stated list of formats, without a network."""
