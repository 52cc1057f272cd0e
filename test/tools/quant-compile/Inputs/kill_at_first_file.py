# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""kill_at_first_file.py FOLDER TOTAL COMMAND...: kills the command as soon as a file of rounded weights is in the
folder. Fails unless the command was killed and left at least one of TOTAL files to be written."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

folder, total = pathlib.Path(sys.argv[1]), int(sys.argv[2])
# A process that is killed does not clean up.
with tempfile.TemporaryDirectory(prefix="halftone-") as temporaries:
    process = subprocess.Popen(sys.argv[3:], env={**os.environ, "TMPDIR": temporaries})
    while process.poll() is None and not list(folder.glob("*.rounded")):
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    status, files = process.wait(), len(list(folder.glob("*.rounded")))
if status != -signal.SIGKILL or not 1 <= files < total:
    sys.exit(f"status {status}, {files} of {total} files")
