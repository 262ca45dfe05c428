# One command each. `make` alone lists them.
.PHONY: help demo run build test quick bench lint

help:
	@echo "make demo    the program with the real directory and invented people"
	@echo "make test    everything: both engines, the browser, fuzz seeds, checks"
	@echo "make quick   the inner loop: no browser, SQLite only"
	@echo "make lint    vet, staticcheck, format"
	@echo "make bench   the budget table: name, budget, measured, ratio"
	@echo "make build   bin/amelie, stripped"

demo:
	go run ./cmd/amelie demo

build:
	script/build

test:
	script/test

quick:
	script/test quick

lint:
	script/test lint

bench:
	script/bench
