# The few commands a person types. Each is a script in tools/ that can be run without make as well.
.DEFAULT_GOAL := help
.PHONY: help run test check bench bench-versus fuzz soak asan tsan setup format clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## install what is missing, build, and serve on 127.0.0.1:7420 (DEMO=1 shows the race, too; ARGS="--listen ..." for more)
	@tools/setup build
	@tools/build-console --if-possible
	@tools/build --run-only release holdfast
	@exec build/release/holdfast serve $(if $(DEMO),--demonstration) $(ARGS)

test: ## every test there is, from formatting to whole processes
	@tools/test

check: ## what to run before a commit: form, includes, documentation, the quick tests. Under a minute once built
	@tools/setup test
	@tools/build-console
	@tools/build release
	@tools/check

bench: ## measure, for about five minutes (ARGS="durable renew" for parts)
	@tools/setup bench
	@tools/build release
	@tools/bench $(ARGS)

bench-versus: ## measure the RESP door beside Redis, etcd and PostgreSQL, by turns (ARGS="--help" for the parts)
	@tools/setup bench-versus
	@tools/build release holdfast_versus
	@tools/bench-versus $(ARGS)

fuzz: ## look for inputs that break the readers of outside bytes, a minute each (ARGS="names 600" for one, for longer)
	@tools/fuzz $(ARGS)

soak: ## clients under a random schedule of faults, judged (ARGS="--seed 7 --time 1h"; a minute unless told otherwise)
	@tools/soak $(ARGS)

asan: ## the quick and whole tests under AddressSanitizer and UBSan, half an hour; make test does the doors
	@tools/sanitize asan

tsan: ## engine and server under ThreadSanitizer
	@tools/sanitize tsan

setup: ## install what building and testing need; says so and does nothing where all is there
	@tools/setup test

format: ## put all C++ into form
	@tools/format

clean: ## remove build/; data directories stay
	rm -rf build
