"""What RustChain costs, as ratios in one run: `make bench`. Goals and ratios are in each file of `cases`."""
