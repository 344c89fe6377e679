"""The catalogue: one file a step type, in families. The file's name is the type's name."""
