"""HTTP over aiohttp: guarded connections, redirects, and what failures mean."""
