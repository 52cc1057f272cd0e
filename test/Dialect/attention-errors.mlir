// RUN: quant-opt %s -split-input-file -verify-diagnostics

// (C1) nothing else than f32 is computed.
func.func @element(%q: tensor<1x4x5x8xf16>, %k: tensor<1x4x7x8xf32>, %v: tensor<1x4x7x8xf32>, %m: tensor<1x1x5x7xf32>, %init: tensor<1x4x5x8xf32>) {
  // expected-error @+1 {{expects 4 dimensions of f32, not 'tensor<1x4x5x8xf16>'}}
  %y = halftone.attention ins(%q, %k, %v : tensor<1x4x5x8xf16>, tensor<1x4x7x8xf32>, tensor<1x4x7x8xf32>) mask(%m : tensor<1x1x5x7xf32>) outs(%init : tensor<1x4x5x8xf32>) {scale = 1.0 : f32} -> tensor<1x4x5x8xf32>
  return
}

// -----

// (C1) heads have a dimension of their own.
func.func @rank(%q: tensor<4x5x8xf32>, %k: tensor<1x4x7x8xf32>, %v: tensor<1x4x7x8xf32>, %m: tensor<1x1x5x7xf32>, %init: tensor<1x4x5x8xf32>) {
  // expected-error @+1 {{expects 4 dimensions of f32, not 'tensor<4x5x8xf32>'}}
  %y = halftone.attention ins(%q, %k, %v : tensor<4x5x8xf32>, tensor<1x4x7x8xf32>, tensor<1x4x7x8xf32>) mask(%m : tensor<1x1x5x7xf32>) outs(%init : tensor<1x4x5x8xf32>) {scale = 1.0 : f32} -> tensor<1x4x5x8xf32>
  return
}

// -----

// (C1) an order for each of the four.
func.func @order(%q: tensor<1x4x5x8xf32>, %k: tensor<1x4x7x8xf32>, %v: tensor<1x4x7x8xf32>, %m: tensor<1x1x5x7xf32>, %init: tensor<1x4x5x8xf32>) {
  // expected-error @+1 {{expects 4 elements of `by_token`, not 1}}
  %y = halftone.attention ins(%q, %k, %v : tensor<1x4x5x8xf32>, tensor<1x4x7x8xf32>, tensor<1x4x7x8xf32>) mask(%m : tensor<1x1x5x7xf32>) outs(%init : tensor<1x4x5x8xf32>) {by_token = array<i1: true>, scale = 1.0 : f32} -> tensor<1x4x5x8xf32>
  return
}

// -----

// (C2) tiles are cut for a size of heads.
func.func @dynamic_size(%q: tensor<1x4x5x?xf32>, %k: tensor<1x4x7x8xf32>, %v: tensor<1x4x7x8xf32>, %m: tensor<1x1x5x7xf32>, %init: tensor<1x4x5x8xf32>) {
  // expected-error @+1 {{expects static, positive numbers and sizes of heads}}
  %y = halftone.attention ins(%q, %k, %v : tensor<1x4x5x?xf32>, tensor<1x4x7x8xf32>, tensor<1x4x7x8xf32>) mask(%m : tensor<1x1x5x7xf32>) outs(%init : tensor<1x4x5x8xf32>) {scale = 1.0 : f32} -> tensor<1x4x5x8xf32>
  return
}

// -----

// (C2) as many query heads for each key head.
func.func @heads(%q: tensor<1x4x5x8xf32>, %k: tensor<1x3x7x8xf32>, %v: tensor<1x3x7x8xf32>, %m: tensor<1x1x5x7xf32>, %init: tensor<1x4x5x8xf32>) {
  // expected-error @+1 {{expects the number of query heads to be a multiple of that of key heads, but they are 4 and 3}}
  %y = halftone.attention ins(%q, %k, %v : tensor<1x4x5x8xf32>, tensor<1x3x7x8xf32>, tensor<1x3x7x8xf32>) mask(%m : tensor<1x1x5x7xf32>) outs(%init : tensor<1x4x5x8xf32>) {scale = 1.0 : f32} -> tensor<1x4x5x8xf32>
  return
}

// -----

// (C3) queries are multiplied with keys.
func.func @size(%q: tensor<1x4x5x8xf32>, %k: tensor<1x4x7x6xf32>, %v: tensor<1x4x7x8xf32>, %m: tensor<1x1x5x7xf32>, %init: tensor<1x4x5x8xf32>) {
  // expected-error @+3 {{expects operands that agree in D}}
  // expected-note @+2 {{8 in 'tensor<1x4x5x8xf32>'}}
  // expected-note @+1 {{6 in 'tensor<1x4x7x6xf32>'}}
  %y = halftone.attention ins(%q, %k, %v : tensor<1x4x5x8xf32>, tensor<1x4x7x6xf32>, tensor<1x4x7x8xf32>) mask(%m : tensor<1x1x5x7xf32>) outs(%init : tensor<1x4x5x8xf32>) {scale = 1.0 : f32} -> tensor<1x4x5x8xf32>
  return
}

// -----

// (C3) each key has a value.
func.func @keys(%q: tensor<1x4x5x8xf32>, %k: tensor<1x4x7x8xf32>, %v: tensor<1x4x6x8xf32>, %m: tensor<1x1x5x7xf32>, %init: tensor<1x4x5x8xf32>) {
  // expected-error @+3 {{expects operands that agree in Sk}}
  // expected-note @+2 {{7 in 'tensor<1x4x7x8xf32>'}}
  // expected-note @+1 {{6 in 'tensor<1x4x6x8xf32>'}}
  %y = halftone.attention ins(%q, %k, %v : tensor<1x4x5x8xf32>, tensor<1x4x7x8xf32>, tensor<1x4x6x8xf32>) mask(%m : tensor<1x1x5x7xf32>) outs(%init : tensor<1x4x5x8xf32>) {scale = 1.0 : f32} -> tensor<1x4x5x8xf32>
  return
}

// -----

// (C4) a mask has as many columns as there are keys.
func.func @mask(%q: tensor<1x4x5x8xf32>, %k: tensor<1x4x7x8xf32>, %v: tensor<1x4x7x8xf32>, %m: tensor<1x1x5x6xf32>, %init: tensor<1x4x5x8xf32>) {
  // expected-error @+3 {{expects a mask that broadcasts to the scores}}
  // expected-note @+2 {{the mask is 'tensor<1x1x5x6xf32>'}}
  // expected-note @+1 {{expected 1 or 7, actual 6}}
  %y = halftone.attention ins(%q, %k, %v : tensor<1x4x5x8xf32>, tensor<1x4x7x8xf32>, tensor<1x4x7x8xf32>) mask(%m : tensor<1x1x5x6xf32>) outs(%init : tensor<1x4x5x8xf32>) {scale = 1.0 : f32} -> tensor<1x4x5x8xf32>
  return
}

// -----

// (C5) an infinite scale makes NaN of zeros.
func.func @scale(%q: tensor<1x4x5x8xf32>, %k: tensor<1x4x7x8xf32>, %v: tensor<1x4x7x8xf32>, %m: tensor<1x1x5x7xf32>, %init: tensor<1x4x5x8xf32>) {
  // expected-error @+1 {{expects a finite `scale`}}
  %y = halftone.attention ins(%q, %k, %v : tensor<1x4x5x8xf32>, tensor<1x4x7x8xf32>, tensor<1x4x7x8xf32>) mask(%m : tensor<1x1x5x7xf32>) outs(%init : tensor<1x4x5x8xf32>) {scale = 0x7F800000 : f32} -> tensor<1x4x5x8xf32>
  return
}
