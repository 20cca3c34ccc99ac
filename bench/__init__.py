"""Measurements that anyone can run: `./dev bench NAME`. Ratios within one run, medians of interleaved rounds."""
