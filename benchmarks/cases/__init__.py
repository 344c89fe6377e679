"""One benchmark a file; each has a `measure` that gives its figures."""
