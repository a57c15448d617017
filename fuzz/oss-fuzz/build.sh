#!/bin/bash -eu
# What OSS-Fuzz calls; everything is in build_targets.
exec "$SRC/assay/fuzz/oss-fuzz/build_targets"
