# SPDX-License-Identifier: BSD-2-Clause
# Thin wrappers for every command of the project: CMake (the build), ta/Makefile (the TA) and tools/ do the work.
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

# Keep the values as written: make would expand their $.
override FILE := $(value FILE)
override CMD := $(value CMD)
export FILE CMD
run: ## set up, build, and show the main job on a real file: make run [FILE=...]
	@tools/setup build
	@$(MAKE) --no-print-directory build
	@tools/demo $${FILE:+"$$FILE"}

check: ## set up, build and run the tests; ends with a table of what ran where
	@tools/check

check-full: ## run everything that make check runs, and the longer tests
	@tools/check --full

check-fresh: ## test the README: run both of its commands in bare Debian 12 and 13 roots (needs root; takes an hour)
	@tools/setup build ta machine fresh
	@tools/check-fresh

ARCH ?= arm64
ta: ## build the signed TA, for the emulated machine (arm64) or the first board: make ta [ARCH=armhf]
	@tools/setup build ta $(if $(filter armhf,$(ARCH)),armv7)
	@tools/build-ta $(ARCH)

MACHINE ?= qemu-arm64
machine_lists := machine $(if $(filter qemu-armv7,$(MACHINE)),armv7)
vm: ## open a shell in a machine with real OP-TEE (/host: this folder): [MACHINE=qemu-armv7] [VM_SHARE=DIR]
	@tools/setup build ta $(machine_lists)
	@machines/run $(MACHINE)

vm-run: ## run a command there, and fail if it fails (machines/run: with its exit code): CMD="festore status"
	@tools/setup build ta $(machine_lists)
	@[ -n "$$CMD" ] || { echo 'CMD is not set: make vm-run CMD="..."' >&2; exit 2; }
	@machines/run $(MACHINE) "$$CMD"

bench: ## measure festore, the stock way and the primitives, into docs/performance.md: [MACHINE=...]
	@tools/setup build ta $(machine_lists) bench
	@tools/bench $(BENCH_OPTIONS) $(MACHINE)

TIME ?= 60
fuzz: ## run each fuzzer with clang; new finds stay in build/fuzz/found: [TIME=seconds] [TARGET=name]
	@tools/setup build fuzz
	@tools/fuzz $(TIME) $(TARGET)

canaries: ## remove each security check in turn; a test must fail each time
	@tools/setup build
	@tools/canaries

coverage: ## measure line coverage of the host's test programs; base, protocol, engine, ta, ree_fs have a floor
	@tools/setup build
	@tools/coverage

analyse: ## run clang-tidy and cppcheck
	@tools/setup build analysis
	@tools/analyse

# The emulated machines have no image.
BOARD := $(if $(filter qemu-%,$(MACHINE)),stm32mp157f-dk2,$(MACHINE))
image: ## build the board's microSD image and its Debian package (needs root): [MACHINE=stm32mp157f-dk2]
	@tools/setup build ta machine armv7 image
	@machines/$(BOARD)/image

check-image: ## check the image, and boot its system in an emulated machine: [MACHINE=stm32mp157f-dk2]
	@tools/setup build ta machine armv7 image
	@machines/$(BOARD)/check-image
	@machines/$(BOARD)/boot-image

override IMAGE := $(value IMAGE)
override FIP := $(value FIP)
override DEVICE := $(value DEVICE)
export IMAGE FIP DEVICE
flash: ## write an image to a card and verify it: IMAGE=FILE DEVICE=/dev/sdX [FLASH_OPTIONS="--yes --fixed"]
	@[ -n "$$IMAGE" ] && [ -n "$$DEVICE" ] || { echo 'IMAGE or DEVICE is not set: make flash IMAGE=FILE DEVICE=/dev/sdX' >&2; exit 2; }
	@tools/flash $(FLASH_OPTIONS) "$$IMAGE" "$$DEVICE"

console: ## open a board's serial console, logged with time stamps: make console [DEVICE=/dev/ttyACM0]
	@tools/console $${DEVICE:+"$$DEVICE"}

fip: ## update only a card's fip partitions: make fip FIP=FILE DEVICE=/dev/sdX [FLASH_OPTIONS=...]
	@[ -n "$$FIP" ] && [ -n "$$DEVICE" ] || { echo 'FIP or DEVICE is not set: make fip FIP=FILE DEVICE=/dev/sdX' >&2; exit 2; }
	@tools/flash $(FLASH_OPTIONS) --fip "$$FIP" "$$DEVICE"

override ROOTFS := $(value ROOTFS)
override HOST := $(value HOST)
override TA := $(value TA)
export ROOTFS HOST TA
deploy: ## install a build into a system: ROOTFS=DIR (or HOST=[USER@]HOST) BUILD=build/armhf TA=FILE.ta
	@tools/deploy --build "$(BUILD)" $${TA:+--ta "$$TA"} $${ROOTFS:+--rootfs "$$ROOTFS"} $${HOST:+--host "$$HOST"}

install: ## build without the simulated TEE, as for a device, and install: [PREFIX=/usr/local] [DESTDIR=...]
	@tools/setup --check build || { echo "run 'make setup' (or 'tools/setup build') first" >&2; exit 1; }
	@cmake --preset release --log-level=WARNING
	@cmake --build build/release -j $(JOBS)
	@cmake --install build/release --prefix $(PREFIX)

clean: ## remove the build folder (the cached downloads stay)
	rm -rf $(BUILD)

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
