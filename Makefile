# SPDX-License-Identifier: BSD-2-Clause
# Every command of the project, thin: the work is in CMake (the build), ta/Makefile (the TA) and tools/.
.DEFAULT_GOAL := build
.PHONY: build setup run check check-full check-fresh bench fuzz canaries coverage analyse ta vm vm-run clean help install image check-image console flash fip deploy
BUILD := build
JOBS ?= $(shell nproc)
PREFIX ?= /usr/local

build: ## build everything for this machine: build/bin/festore, build/lib/
	@tools/setup --check build || { echo "run 'make setup' (or 'tools/setup build') first" >&2; exit 1; }
	@[ -f $(BUILD)/build.ninja ] || cmake --preset dev --log-level=WARNING
	@cmake --build $(BUILD) -j $(JOBS)

setup: ## install the Debian packages that building and testing need (apt; root or sudo)
	@tools/setup build ta machine armv7 foreign

# As they were written: make would take their $ for its own.
override FILE := $(value FILE)
override CMD := $(value CMD)
export FILE CMD
run: ## set up, build, and show the main job on a real file: make run [FILE=...]
	@tools/setup build
	@$(MAKE) --no-print-directory build
	@tools/demo $${FILE:+"$$FILE"}

check: ## set up, build and run the tests; ends with a table of what ran where
	@tools/check

check-full: ## everything that make check runs, and what takes longer
	@tools/check --full

check-fresh: ## prove the README: both commands in bare Debian 12 and 13 roots (root; an hour)
	@tools/setup build ta machine fresh
	@tools/check-fresh

ARCH ?= arm64
ta: ## build the signed TA, with the emulated machine's dev kit (arm64) or the first board's: make ta [ARCH=armhf]
	@tools/setup build ta $(if $(filter armhf,$(ARCH)),armv7)
	@tools/build-ta $(ARCH)

MACHINE ?= qemu-arm64
machine_lists := machine $(if $(filter qemu-armv7,$(MACHINE)),armv7)
vm: ## a shell in an emulated machine with a real OP-TEE (/host: this folder): make vm [MACHINE=qemu-armv7] [VM_SHARE=DIR]
	@tools/setup build ta $(machine_lists)
	@machines/run $(MACHINE)

vm-run: ## run a command there, and fail when it fails: make vm-run CMD="festore status" (machines/run gives its exit code)
	@tools/setup build ta $(machine_lists)
	@[ -n "$$CMD" ] || { echo 'say what to run: make vm-run CMD="..."' >&2; exit 2; }
	@machines/run $(MACHINE) "$$CMD"

bench: ## measure festore, the stock way and the primitives side by side: docs/performance.md (make bench [MACHINE=...])
	@tools/setup build ta $(machine_lists) bench
	@tools/bench $(BENCH_OPTIONS) $(MACHINE)

TIME ?= 60
fuzz: ## run the fuzzers, each for a while (clang); new finds stay under build/fuzz/found: make fuzz [TIME=seconds] [TARGET=name]
	@tools/setup build fuzz
	@tools/fuzz $(TIME) $(TARGET)

canaries: ## remove each security check in turn: a test must fail
	@tools/setup build
	@tools/canaries

coverage: ## which lines the host's test programs reach; base, protocol, engine, ta and ree_fs have a floor
	@tools/setup build
	@tools/coverage

analyse: ## clang-tidy and cppcheck
	@tools/setup build analysis
	@tools/analyse

# The emulated machines have no image.
BOARD := $(if $(filter qemu-%,$(MACHINE)),stm32mp157f-dk2,$(MACHINE))
image: ## build the image of a microSD card for the board, and its Debian package (root): make image [MACHINE=stm32mp157f-dk2]
	@tools/setup build ta machine armv7 image
	@machines/$(BOARD)/image

check-image: ## look at the image, and boot its system in an emulated machine: make check-image [MACHINE=stm32mp157f-dk2]
	@tools/setup build ta machine armv7 image
	@machines/$(BOARD)/check-image
	@machines/$(BOARD)/boot-image

override IMAGE := $(value IMAGE)
override FIP := $(value FIP)
override DEVICE := $(value DEVICE)
export IMAGE FIP DEVICE
flash: ## write an image to a card and read it back: make flash IMAGE=FILE DEVICE=/dev/sdX [FLASH_OPTIONS="--yes --fixed"]
	@[ -n "$$IMAGE" ] && [ -n "$$DEVICE" ] || { echo 'say what and where: make flash IMAGE=FILE DEVICE=/dev/sdX' >&2; exit 2; }
	@tools/flash $(FLASH_OPTIONS) "$$IMAGE" "$$DEVICE"

console: ## a board's serial console, logged with time stamps: make console [DEVICE=/dev/ttyACM0]
	@tools/console $${DEVICE:+"$$DEVICE"}

fip: ## update a card's fip partitions alone: make fip FIP=FILE DEVICE=/dev/sdX [FLASH_OPTIONS=...]
	@[ -n "$$FIP" ] && [ -n "$$DEVICE" ] || { echo 'say what and where: make fip FIP=FILE DEVICE=/dev/sdX' >&2; exit 2; }
	@tools/flash $(FLASH_OPTIONS) --fip "$$FIP" "$$DEVICE"

override ROOTFS := $(value ROOTFS)
override HOST := $(value HOST)
override TA := $(value TA)
export ROOTFS HOST TA
deploy: ## lay a build over a system: make deploy ROOTFS=DIR (or HOST=[USER@]HOST) BUILD=build/armhf TA=FILE.ta
	@tools/deploy --build "$(BUILD)" $${TA:+--ta "$$TA"} $${ROOTFS:+--rootfs "$$ROOTFS"} $${HOST:+--host "$$HOST"}

install: ## build as for a device, without the simulated TEE, and install: make install [PREFIX=/usr/local] [DESTDIR=...]
	@tools/setup --check build || { echo "run 'make setup' (or 'tools/setup build') first" >&2; exit 1; }
	@cmake --preset release --log-level=WARNING
	@cmake --build build/release -j $(JOBS)
	@cmake --install build/release --prefix $(PREFIX)

clean: ## remove what was built (the downloads in the cache stay)
	rm -rf $(BUILD)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
