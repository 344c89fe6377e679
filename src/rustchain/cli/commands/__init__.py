"""Missions: typed graphs of steps that are planned, run durably, and explained."""
