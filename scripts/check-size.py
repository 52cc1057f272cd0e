#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks that no file is over 800 lines, no function over 100, and each starts with its SPDX line.

C++ functions are found by their braces, without a compiler: a block is a function's body if it is
opened after a parameter list outside of any other body. Exits with 1 and one line per violation,
`file:line: message`.
"""

import argparse
import ast
import pathlib
import re
import subprocess
import sys

MAX_FILE_LINES = 800
MAX_FUNCTION_LINES = 100
SPDX = "SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception"
CPP = {".cpp", ".h", ".c", ".cc"}
SLASH_COMMENTS = CPP | {".td"}
HASH_COMMENTS = {".py", ".cmake", ".sh"}
MEASURED = SLASH_COMMENTS | HASH_COMMENTS | {".mlir", ".test", ".onnxtxt"}

# Comments, raw strings, strings and characters; a digit separator is not the start of a character.
NOT_CODE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<tag>[^(\s]*)\(.*?\)(?P=tag)"'
    r'|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Fa-f])\'(?:\\.|[^\'\\\n])+\'',
    re.DOTALL,
)
# `S(int x) : a{x}, b{1} {`: braces of members come before those of the body.
INITIALIZERS = re.compile(r"\)\s*(?:noexcept\s*)?:(?!:)")
SCOPE = re.compile(r"(^|\s)(namespace|class|struct|union|enum|extern)\b")


def blank_out(text):
    """`text` with everything that is not code replaced, lines kept."""
    return NOT_CODE.sub(lambda match: re.sub(r"[^\n]", " ", match.group(0)), text)


def without_directives(code):
    """Removes preprocessor lines with their continuations, lines kept."""
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: "\n" * m.group(0).count("\n"), code,
                  flags=re.MULTILINE)


def opens_function(head):
    """Whether the text since the last `;`, `{` or `}` is the head of a function."""
    head = re.sub(r"<[^<>{}()]*>", "", head)
    if "(" not in head:
        return False
    return not SCOPE.search(head.split("(")[0]) or head.rstrip().endswith(")")


def cpp_functions(text):
    """Yields (first line, last line, name) of each function of a C++ file."""
    code = without_directives(blank_out(text))
    line, head, head_line = 1, "", 1
    depth = 0
    body = None  # (depth outside the body, first line, name, whether it may be a member's braces)
    for index, char in enumerate(code):
        if char == "{":
            depth += 1
            if body is None and opens_function(head):
                name = re.search(r"([\w:~]+)\s*\(", head)
                body = (depth - 1, head_line, name.group(1) if name else "?",
                        bool(INITIALIZERS.search(head)))
        elif char == "}":
            depth -= 1
            if body is not None and depth == body[0]:
                if not (body[3] and code[index + 1 :].lstrip()[:1] in (",", "{")):
                    yield body[1], line, body[2]
                    body = None
        if char in "{};":
            head = ""
        elif head or not char.isspace():
            head_line = head_line if head else line
            head += char
        if char == "\n":
            line += 1


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.end_lineno, node.name


def is_python(path, text):
    return path.suffix == ".py" or text.startswith("#!/usr/bin/env python3")


def check_spdx(path, text):
    lines = text.splitlines()
    if path.suffix in SLASH_COMMENTS:
        expected = lines[:1] == ["// " + SPDX]
    else:
        first = 1 if lines[:1] and lines[0].startswith("#!") else 0
        expected = lines[first : first + 1] == ["# " + SPDX]
    return [] if expected else [f"{path}:1: does not start with its SPDX line"]


def check_file(root, path):
    text = (root / path).read_text()
    violations = []
    if path.suffix not in (".mlir", ".test", ".onnxtxt"):
        violations += check_spdx(path, text)
    lines = text.count("\n")
    if lines > MAX_FILE_LINES:
        violations.append(f"{path}:1: {lines} lines, more than {MAX_FILE_LINES}")
    functions = []
    if path.suffix in CPP:
        functions = cpp_functions(text)
    elif is_python(path, text):
        functions = python_functions(text)
    for first, last, name in functions:
        if last - first + 1 > MAX_FUNCTION_LINES:
            violations.append(
                f"{path}:{first}: {name} has {last - first + 1} lines, more than {MAX_FUNCTION_LINES}"
            )
    return violations


def is_measured(root, path):
    if not (root / path).is_file():
        return False
    if path.suffix in MEASURED or path.name == "CMakeLists.txt":
        return True
    if path.suffix:
        return False
    with open(root / path, "rb") as file:
        return file.read(2) == b"#!"


def source_files(root):
    """What git tracks or would track; below a root that is no checkout, every file."""
    listed = subprocess.run(
        ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True, text=True,
    )
    names = listed.stdout.split("\0") if listed.returncode == 0 else []
    paths = [pathlib.Path(name) for name in names if name]
    if not paths:
        paths = [path.relative_to(root) for path in root.rglob("*") if path.is_file()]
    return [path for path in sorted(set(paths)) if is_measured(root, path)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default_root = pathlib.Path(__file__).resolve().parent.parent
    parser.add_argument("--root", type=pathlib.Path, default=default_root)
    root = parser.parse_args().root
    files = source_files(root)
    if not files:
        sys.exit(f"check-size: no source files below {root}")
    violations = [violation for path in files for violation in check_file(root, path)]
    print(*violations, sep="\n", end="\n" if violations else "")
    print(f"{len(files)} files, {len(violations)} violations")
    sys.exit(1 if violations else 0)


if __name__ == "__main__":
    main()
