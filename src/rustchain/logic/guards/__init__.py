"""What a path, a URL or an address may be, judged by its text alone; adapters hold to it when they open and connect."""
