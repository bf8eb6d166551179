"""What a run leaves behind: one file a format, each reading a Result and writing atomically."""
