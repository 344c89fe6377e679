"""The risk of missions."""
