// RUN: quant-opt --pass-pipeline='builtin.module(gpu.module(halftone-lower-device-kernels))' -split-input-file -verify-diagnostics %s

gpu.module @kernels {
  gpu.func @no_code(%x: memref<1xf64, #gpu.address_space<global>>) kernel {
    %c0 = arith.constant 0 : index
    %0 = memref.load %x[%c0] : memref<1xf64, #gpu.address_space<global>>
    // expected-error@+1 {{has no code for the device}}
    %1 = math.sin %0 : f64
    memref.store %1, %x[%c0] : memref<1xf64, #gpu.address_space<global>>
    gpu.return
  }
}

// -----

// The device's remainder is x - trunc(x / y) * y, which is wrong where the quotient is not exact.
gpu.module @remainder {
  gpu.func @no_code(%x: memref<1xf32, #gpu.address_space<global>>) kernel {
    %c0 = arith.constant 0 : index
    %0 = memref.load %x[%c0] : memref<1xf32, #gpu.address_space<global>>
    // expected-error@+1 {{has no code for the device}}
    %1 = arith.remf %0, %0 : f32
    memref.store %1, %x[%c0] : memref<1xf32, #gpu.address_space<global>>
    gpu.return
  }
}

// -----

// Of a negative base, upstream's expansion makes NaN.
gpu.module @power {
  gpu.func @no_code(%x: memref<1xf32, #gpu.address_space<global>>) kernel {
    %c0 = arith.constant 0 : index
    %0 = memref.load %x[%c0] : memref<1xf32, #gpu.address_space<global>>
    // expected-error@+1 {{has no code for the device}}
    %1 = math.powf %0, %0 : f32
    memref.store %1, %x[%c0] : memref<1xf32, #gpu.address_space<global>>
    gpu.return
  }
}
