"""Configuration: the user's, narrowed by the project's."""
