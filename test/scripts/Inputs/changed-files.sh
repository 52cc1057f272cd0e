#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Plays a small history below $1/origin and prints what scripts/changed-files says after each step.
set -euo pipefail
unset HALFTONE_CI_BASE
cd "$1/origin"

show() {
  echo "$1: $(scripts/changed-files | tr '\n' ' ' | sed 's/ $//')"
}
commit() {
  git add -A
  git -c user.name=test -c user.email=test@example.org commit -q -m "$1"
}

git init -q -b main .
touch a.cpp b.h notes.txt
commit first
show "first commit"
echo "// more" >b.h
commit second
show "second commit"
touch c.cpp
show "working tree"
rm c.cpp
git checkout -q -b branch HEAD
echo "// even more" >b.h
commit third
touch d.cpp
commit fourth
show "branch"
git clone -q --depth 1 --branch main "file://$PWD" ../shallow
cd ../shallow
show "shallow clone"
