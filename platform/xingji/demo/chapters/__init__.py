"""The chapters of the round, in the order of its days: each a module of functions over a `Teller`."""
