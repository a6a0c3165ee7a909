"""In which ways a soak lets torch calculate: which code its three numerical libraries, oneDNN, ATen and MKL, use.

"native" leaves them the newest code that the processor offers. A processor that offers only older code has no bfloat16
either, so training there is in float32.
"""

WITHOUT_BFLOAT16 = "SOAK_WITHOUT_BFLOAT16"  # in the environment: torch is to say that the processor has none
FLOAT32 = {WITHOUT_BFLOAT16: "1"}
ARITHMETIC = {
    "native": {},
    "float32": FLOAT32,
    "avx": FLOAT32 | {"ONEDNN_MAX_CPU_ISA": "AVX"},
    "sse": FLOAT32 | {"ONEDNN_MAX_CPU_ISA": "SSE41"},
    "aten": FLOAT32 | {"ATEN_CPU_CAPABILITY": "default"},
    "mkl": {"MKL_CBWR": "COMPATIBLE"},
    "mkl2": {"MKL_CBWR": "AVX2"},
    "float32+mkl": FLOAT32 | {"MKL_CBWR": "COMPATIBLE"},
    "float32+mkl2": FLOAT32 | {"MKL_CBWR": "AVX2"},
    "avx+mkl": FLOAT32 | {"ONEDNN_MAX_CPU_ISA": "AVX", "MKL_CBWR": "COMPATIBLE"},
    "aten+mkl2": FLOAT32 | {"ATEN_CPU_CAPABILITY": "default", "MKL_CBWR": "AVX2"},
    "avx+aten": FLOAT32 | {"ONEDNN_MAX_CPU_ISA": "AVX", "ATEN_CPU_CAPABILITY": "default"},
    "sse+aten+mkl": FLOAT32
    | {"ONEDNN_MAX_CPU_ISA": "SSE41", "ATEN_CPU_CAPABILITY": "default", "MKL_CBWR": "COMPATIBLE"},
}
