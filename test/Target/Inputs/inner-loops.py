# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reads `llvm-objdump -d --no-show-raw-insn` and describes the innermost loops that use an
instruction: one line `COUNT INSTRUCTION, N vectors on the stack` for each, the busiest first.

A loop is what lies between the target of a backward jump and the jump. A vector on the stack is an
instruction that reads or writes one there: the register allocator had no register left.
"""

import re
import sys

FUNCTION = re.compile(r"^[0-9a-f]+ <(.+)>:$")
INSTRUCTION = re.compile(r"^\s*([0-9a-f]+):\s+(?:\{vex\}\s+)?(\S+)\s*([^#]*)")
# x86-64's and AArch64's: the target is all there is, or the last operand.
JUMP = re.compile(r"j|b$|b\.|cbn?z|tbn?z")
JUMP_TARGET = re.compile(r"(?:^|, )(?:0x)?([0-9a-f]+)\b(?: <.*>)?$")


def functions(lines):
    """Yields the (address, mnemonic, operands) of each function."""
    current = []
    for line in lines:
        if FUNCTION.match(line):
            if current:
                yield current
            current = []
        elif match := INSTRUCTION.match(line):
            address, mnemonic, operands = match.groups()
            current.append((int(address, 16), mnemonic, operands.strip()))
    if current:
        yield current


def innermost_loops(function):
    """(first, last) addresses of loops without a loop inside."""
    loops = set()
    for address, mnemonic, operands in function:
        target = JUMP_TARGET.search(operands)
        if JUMP.match(mnemonic) and target and int(target.group(1), 16) <= address:
            loops.add((int(target.group(1), 16), address))
    for first, last in sorted(loops):
        if not any(first <= a and b <= last and (a, b) != (first, last) for a, b in loops):
            yield first, last


def uses_vector_on_stack(operands, frame):
    if re.match(r"[qdv]\d+", operands):
        return re.search(r"\[(sp|x29)[],]", operands)
    return re.search(r"\((%rsp|" + frame + r")[,)]", operands) and re.search(r"%[xyz]mm", operands)


def main():
    wanted = sys.argv[1]
    found = []
    for function in functions(sys.stdin):
        # %rbp is an ordinary register unless it holds the frame.
        has_frame = any("%rsp, %rbp" in operands for _, _, operands in function)
        frame = "%rbp" if has_frame else "%rsp"
        for first, last in innermost_loops(function):
            body = [entry for entry in function if first <= entry[0] <= last]
            count = sum(mnemonic == wanted for _, mnemonic, _ in body)
            on_stack = sum(bool(uses_vector_on_stack(entry[2], frame)) for entry in body)
            if count:
                found.append((count, on_stack))
    for count, on_stack in sorted(found, reverse=True):
        print(f"{count} {wanted}, {on_stack} vectors on the stack")


if __name__ == "__main__":
    main()
