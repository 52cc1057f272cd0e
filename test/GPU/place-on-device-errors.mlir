// RUN: quant-opt --halftone-place-on-device -verify-diagnostics %s

// Observers look at memory of the host.
func.func @observed(%input: memref<100xf32>, %value: f32) {
  linalg.fill ins(%value : f32) outs(%input : memref<100xf32>)
  // expected-error@+1 {{uses a buffer that lies on the device}}
  %same = halftone.observe %input {tensor = "x"} : (memref<100xf32>) -> memref<100xf32>
  return
}
