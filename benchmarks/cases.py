# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""All comparisons."""

import attention_cases
import generated_cases
import matmul_cases
import model_cases


def all_cases(folder, layers):
    """(cases, lines about what is left out). Files are made in `folder`; `layers` of the decoder."""
    cases, notes = model_cases.all_cases(folder)
    cases += generated_cases.all_cases(folder, layers)
    cases += matmul_cases.matmul_cases(folder) + matmul_cases.weight_only_cases(folder)
    cases += attention_cases.attention_cases(folder)
    return cases, notes
