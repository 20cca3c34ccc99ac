# A mirror of ./dev for those whose fingers say make: `make test ARGS="-k ledger"`.
.PHONY: demo test bench check lint types setup lock help
demo test bench check lint types setup lock help:
	@./dev $@ $(ARGS)
