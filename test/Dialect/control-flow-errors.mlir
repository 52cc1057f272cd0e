// RUN: quant-opt %s -split-input-file -verify-diagnostics

// (C1) a condition is one flag.
func.func @if_condition(%flag: tensor<2xi1>, %x: tensor<4xf32>) {
  // expected-error @+2 {{expects `condition` to have one element of type i1}}
  // expected-note @+1 {{`condition` is 'tensor<2xi1>'}}
  %y = halftone.if %flag : tensor<2xi1> {
    halftone.yield %x : tensor<4xf32>
  } else {
    halftone.yield %x : tensor<4xf32>
  } -> tensor<4xf32>
  return
}

// -----

// (C2) both regions yield every result.
func.func @if_count(%flag: tensor<i1>, %x: tensor<4xf32>) {
  // expected-error @+1 {{expects region #1 to yield 1 values}}
  %y = halftone.if %flag : tensor<i1> {
    halftone.yield %x : tensor<4xf32>
  } else {
    // expected-note @+1 {{it yields 0}}
    halftone.yield
  } -> tensor<4xf32>
  return
}

// -----

// (C3) both regions yield the type of the result.
func.func @if_types(%flag: tensor<i1>, %x: tensor<4xf32>, %z: tensor<4x1xf32>) {
  // expected-error @+3 {{yields a value of the wrong type}}
  // expected-note @+2 {{expected 'tensor<4xf32>'}}
  // expected-note @+1 {{actual 'tensor<4x1xf32>'}}
  %y = halftone.if %flag : tensor<i1> {
    halftone.yield %x : tensor<4xf32>
  } else {
    halftone.yield %z : tensor<4x1xf32>
  } -> tensor<4xf32>
  return
}

// -----

// (C1) nothing ends the loop.
func.func @endless(%x: tensor<4xf32>) {
  // expected-error @+1 {{expects a trip count, a condition or a scan input, which ends the loop}}
  %y = halftone.loop carry(%x : tensor<4xf32>) {
  ^bb0(%iteration: tensor<i64>, %state: tensor<4xf32>):
    halftone.yield %state : tensor<4xf32>
  } -> tensor<4xf32>
  return
}

// -----

// (C1) two answers to how many iterations there are.
func.func @count_and_scan(%n: tensor<i64>, %x: tensor<3x4xf32>) {
  // expected-error @+1 {{expects a trip count or scan inputs, not both}}
  %y = halftone.loop count(%n : tensor<i64>) over(%x : tensor<3x4xf32>) {
  ^bb0(%iteration: tensor<i64>, %row: tensor<4xf32>):
    halftone.yield %row : tensor<4xf32>
  } -> tensor<3x4xf32>
  return
}

// -----

// (C2) the count is an i64.
func.func @count_type(%n: tensor<i32>, %x: tensor<4xf32>) {
  // expected-error @+2 {{expects `trip_count` to have one element of type i64}}
  // expected-note @+1 {{`trip_count` is 'tensor<i32>'}}
  %y = halftone.loop count(%n : tensor<i32>) carry(%x : tensor<4xf32>) {
  ^bb0(%iteration: tensor<i64>, %state: tensor<4xf32>):
    halftone.yield %state : tensor<4xf32>
  } -> tensor<4xf32>
  return
}

// -----

// (C3) scan inputs have one length.
func.func @lengths(%x: tensor<3x4xf32>, %z: tensor<5x4xf32>) {
  // expected-error @+2 {{expects scan inputs of one leading dimension}}
  // expected-note @+1 {{they are 'tensor<3x4xf32>' and 'tensor<5x4xf32>'}}
  %y = halftone.loop over(%x, %z : tensor<3x4xf32>, tensor<5x4xf32>) {
  ^bb0(%iteration: tensor<i64>, %row: tensor<4xf32>, %other: tensor<4xf32>):
    halftone.yield %row : tensor<4xf32>
  } -> tensor<3x4xf32>
  return
}

// -----

// (C4) a slice has no leading dimension.
func.func @slice_type(%x: tensor<3x4xf32>) {
  // expected-error @+3 {{has a slice of the wrong type}}
  // expected-note @+2 {{expected 'tensor<4xf32>'}}
  // expected-note @+1 {{actual 'tensor<1x4xf32>'}}
  %y = halftone.loop over(%x : tensor<3x4xf32>) {
  ^bb0(%iteration: tensor<i64>, %row: tensor<1x4xf32>):
    halftone.yield %row : tensor<1x4xf32>
  } -> tensor<3x1x4xf32>
  return
}

// -----

// (C4) every state has an argument.
func.func @argument_count(%n: tensor<i64>, %x: tensor<4xf32>) {
  // expected-error @+2 {{expects the body to take the iteration, the states and a slice of each scan input}}
  // expected-note @+1 {{2 arguments, not 1}}
  %y = halftone.loop count(%n : tensor<i64>) carry(%x : tensor<4xf32>) {
  ^bb0(%iteration: tensor<i64>):
    halftone.yield %x : tensor<4xf32>
  } -> tensor<4xf32>
  return
}

// -----

// (C5) the condition is yielded first.
func.func @yield_count(%go: tensor<i1>, %x: tensor<4xf32>) {
  // expected-error @+1 {{expects region #0 to yield 2 values}}
  %y = halftone.loop while(%go : tensor<i1>) carry(%x : tensor<4xf32>) {
  ^bb0(%iteration: tensor<i64>, %state: tensor<4xf32>):
    // expected-note @+1 {{it yields 1}}
    halftone.yield %state : tensor<4xf32>
  } -> tensor<4xf32>
  return
}

// -----

// (C6) a state keeps its type where that says a dimension.
func.func @state_type(%n: tensor<i64>, %x: tensor<4xf32>, %z: tensor<5xf32>) {
  // expected-error @+3 {{yields a state of the wrong type}}
  // expected-note @+2 {{expected 'tensor<4xf32>'}}
  // expected-note @+1 {{actual 'tensor<5xf32>'}}
  %y = halftone.loop count(%n : tensor<i64>) carry(%x : tensor<4xf32>) {
  ^bb0(%iteration: tensor<i64>, %state: tensor<4xf32>):
    halftone.yield %z : tensor<5xf32>
  } -> tensor<4xf32>
  return
}

// -----

// (C7) stacking adds a dimension.
func.func @stacked_type(%n: tensor<i64>, %x: tensor<4xf32>) {
  // expected-error @+3 {{has a stacked result of the wrong type}}
  // expected-note @+2 {{expected 'tensor<?x4xf32>'}}
  // expected-note @+1 {{actual 'tensor<4xf32>'}}
  %y = halftone.loop count(%n : tensor<i64>) {
  ^bb0(%iteration: tensor<i64>):
    halftone.yield %x : tensor<4xf32>
  } -> tensor<4xf32>
  return
}

// -----

// (C8) where a loop with a condition ends is known too late to fill from there.
func.func @reversed(%go: tensor<i1>, %x: tensor<4xf32>) {
  // expected-error @+1 {{cannot reverse a result whose length only its condition decides}}
  %y = halftone.loop while(%go : tensor<i1>) attributes {reversed_outputs = array<i1: true>} {
  ^bb0(%iteration: tensor<i64>):
    halftone.yield %go, %x : tensor<i1>, tensor<4xf32>
  } -> tensor<?x4xf32>
  return
}
