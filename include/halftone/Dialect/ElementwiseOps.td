// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_ELEMENTWISE_OPS_TD
#define HALFTONE_ELEMENTWISE_OPS_TD

include "halftone/Dialect/HalftoneBase.td"

// The element types that an op accepts: a case of ElementDomain in ShapeInference.h, the words for it, and one of them
// for the example.
class Halftone_Domain<string cppCase, string elementTypes, string exampleType> {
  string case = "ElementDomain::" # cppCase;
  string words = elementTypes;
  string example = exampleType;
}
def Halftone_Any : Halftone_Domain<"Any", "of any type", "f32">;
def Halftone_Number : Halftone_Domain<"Number", "numbers: floats or integers other than i1", "f32">;
def Halftone_Float : Halftone_Domain<"Float", "floats", "f32">;
def Halftone_Logical : Halftone_Domain<"Logical", "i1 or integers", "i1">;
def Halftone_Integer : Halftone_Domain<"Integer", "integers other than i1", "ui8">;

// Defines inferShapes by a function of ShapeInference.h.
class Halftone_InferBy<string function, Halftone_Domain domain> {
  string body = "::llvm::LogicalResult $cppClass::inferShapes(::mlir::halftone::ShapeContext &shapes) {\n  return "
      # function # "(*this, shapes, " # domain.case # ");\n}\n";
}

class Halftone_UnaryOp<string mnemonic, string formula, Halftone_Domain domain = Halftone_Float>
    : Halftone_GraphOp<mnemonic, [Halftone_Elementwise]> {
  let summary = "Elementwise " # formula;
  let arguments = (ins Halftone_Tensor:$input);
  let results = (outs Halftone_Tensor:$output);
  let description = "`output[i] = " # formula # "`, evaluated in the element type of `input`.\n\n"
      # "- (C1) the elements are " # domain.words # "; `output` has the type of `input`.\n\nExample:\n```mlir\n"
      # "%y = halftone." # mnemonic # " %x : (tensor<2x3x" # domain.example # ">) -> tensor<2x3x" # domain.example # ">\n```\n";
  let extraClassDefinition = Halftone_InferBy<"inferUnary", domain>.body;
}

// Test of one element: the result has element type i1.
class Halftone_PredicateOp<string mnemonic, string formula> : Halftone_UnaryOp<mnemonic, formula> {
  let description = "`output[i] = " # formula # "`, an i1.\n\n- (C1) the elements of `input` are floats.\n\nExample:\n```mlir\n"
      # "%y = halftone." # mnemonic # " %x : (tensor<2x3xf32>) -> tensor<2x3xi1>\n```\n";
  let extraClassDefinition = Halftone_InferBy<"inferPredicate", Halftone_Float>.body;
}

class Halftone_BinaryOp<string mnemonic, string formula, Halftone_Domain domain = Halftone_Number, list<Trait> traits = []>
    : Halftone_GraphOp<mnemonic, !listconcat([Halftone_Elementwise], traits)> {
  let summary = "Elementwise " # formula;
  let arguments = (ins Halftone_Tensor:$lhs, Halftone_Tensor:$rhs);
  let results = (outs Halftone_Tensor:$output);
  let description = "`output[i] = " # formula # "` with the operands broadcast against each other from the last "
      # "dimension (multidirectional broadcasting). Integers wrap.\n\n"
      # "- (C1) `lhs` and `rhs` have the same element type, the elements are " # domain.words # ".\n"
      # "- (C2) aligned dimensions are equal, or one of them is 1.\n\nExample:\n```mlir\n"
      # "%y = halftone." # mnemonic # " %a, %b : (tensor<2x3x" # domain.example # ">, tensor<3x" # domain.example
      # ">) -> tensor<2x3x" # domain.example # ">\n```\n";
  let extraClassDefinition = Halftone_InferBy<"inferBinary", domain>.body;
}

// Comparison: the result has element type i1.
class Halftone_CompareOp<string mnemonic, string formula, Halftone_Domain domain = Halftone_Number, list<Trait> traits = []>
    : Halftone_BinaryOp<mnemonic, formula, domain, traits> {
  let description = "`output[i] = " # formula # "`, an i1, with the operands broadcast against each other; false if "
      # "either is NaN.\n\n"
      # "- (C1) `lhs` and `rhs` have the same element type, the elements are " # domain.words # ".\n"
      # "- (C2) aligned dimensions are equal, or one of them is 1.\n\nExample:\n```mlir\n"
      # "%y = halftone." # mnemonic # " %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>\n```\n";
  let extraClassDefinition = Halftone_InferBy<"inferCompare", domain>.body;
}

def Halftone_AbsOp : Halftone_UnaryOp<"abs", "|x|", Halftone_Number>;
def Halftone_NegOp : Halftone_UnaryOp<"neg", "-x", Halftone_Number> { let hasFolder = 1; }
def Halftone_SignOp : Halftone_UnaryOp<"sign", "sign(x)", Halftone_Number>;
def Halftone_CeilOp : Halftone_UnaryOp<"ceil", "ceil(x)">;
def Halftone_FloorOp : Halftone_UnaryOp<"floor", "floor(x)">;
def Halftone_RoundOp : Halftone_UnaryOp<"round", "round_half_even(x)">;
def Halftone_ReciprocalOp : Halftone_UnaryOp<"reciprocal", "1 / x">;
def Halftone_SqrtOp : Halftone_UnaryOp<"sqrt", "sqrt(x)">;
def Halftone_ExpOp : Halftone_UnaryOp<"exp", "e^x">;
def Halftone_LogOp : Halftone_UnaryOp<"log", "ln(x)">;
def Halftone_ErfOp : Halftone_UnaryOp<"erf", "erf(x)">;
def Halftone_SinOp : Halftone_UnaryOp<"sin", "sin(x)">;
def Halftone_CosOp : Halftone_UnaryOp<"cos", "cos(x)">;
def Halftone_TanOp : Halftone_UnaryOp<"tan", "tan(x)">;
def Halftone_AsinOp : Halftone_UnaryOp<"asin", "asin(x)">;
def Halftone_AcosOp : Halftone_UnaryOp<"acos", "acos(x)">;
def Halftone_AtanOp : Halftone_UnaryOp<"atan", "atan(x)">;
def Halftone_SinhOp : Halftone_UnaryOp<"sinh", "sinh(x)">;
def Halftone_CoshOp : Halftone_UnaryOp<"cosh", "cosh(x)">;
def Halftone_TanhOp : Halftone_UnaryOp<"tanh", "tanh(x)">;
def Halftone_AsinhOp : Halftone_UnaryOp<"asinh", "asinh(x)">;
def Halftone_AcoshOp : Halftone_UnaryOp<"acosh", "acosh(x)">;
def Halftone_AtanhOp : Halftone_UnaryOp<"atanh", "atanh(x)">;
def Halftone_SigmoidOp : Halftone_UnaryOp<"sigmoid", "1 / (1 + e^-x)">;
def Halftone_ReluOp : Halftone_UnaryOp<"relu", "max(x, 0)", Halftone_Number> { let hasFolder = 1; }
def Halftone_SoftplusOp : Halftone_UnaryOp<"softplus", "ln(1 + e^x)">;
def Halftone_SoftsignOp : Halftone_UnaryOp<"softsign", "x / (1 + |x|)">;
def Halftone_MishOp : Halftone_UnaryOp<"mish", "x * tanh(ln(1 + e^x))">;
def Halftone_HardSwishOp : Halftone_UnaryOp<"hard_swish", "x * max(0, min(1, x / 6 + 0.5))">;
def Halftone_NotOp : Halftone_UnaryOp<"not", "!x (bitwise on integers)", Halftone_Logical> { let hasFolder = 1; }

// Unary functions with scalar parameters; `example` is the attribute dictionary of the example.
class Halftone_ParametricOp<string mnemonic, string formula, dag parameters, string example>
    : Halftone_UnaryOp<mnemonic, formula> {
  let arguments = !con((ins Halftone_Tensor:$input), parameters);
  let description = "`output[i] = " # formula # "`, evaluated in the element type of `input`.\n\n"
      # "- (C1) the elements are floats; `output` has the type of `input`.\n\nExample:\n```mlir\n"
      # "%y = halftone." # mnemonic # " %x {" # example # "} : (tensor<2x3xf32>) -> tensor<2x3xf32>\n```\n";
}
def Halftone_LeakyReluOp : Halftone_ParametricOp<"leaky_relu", "x < 0 ? alpha * x : x",
    (ins F32Attr:$alpha), "alpha = 0.01 : f32">;
def Halftone_EluOp : Halftone_ParametricOp<"elu", "x < 0 ? alpha * (e^x - 1) : x",
    (ins F32Attr:$alpha), "alpha = 1.0 : f32">;
def Halftone_CeluOp : Halftone_ParametricOp<"celu", "max(0, x) + min(0, alpha * (e^(x / alpha) - 1))",
    (ins F32Attr:$alpha), "alpha = 1.0 : f32">;
def Halftone_SeluOp : Halftone_ParametricOp<"selu", "x > 0 ? gamma * x : gamma * (alpha * e^x - alpha)",
    (ins F32Attr:$alpha, F32Attr:$gamma), "alpha = 1.67 : f32, gamma = 1.05 : f32">;
def Halftone_HardSigmoidOp : Halftone_ParametricOp<"hard_sigmoid", "max(0, min(1, alpha * x + beta))",
    (ins F32Attr:$alpha, F32Attr:$beta), "alpha = 0.2 : f32, beta = 0.5 : f32">;
def Halftone_ThresholdedReluOp : Halftone_ParametricOp<"thresholded_relu", "x > alpha ? x : 0",
    (ins F32Attr:$alpha), "alpha = 1.0 : f32">;
def Halftone_ShrinkOp : Halftone_ParametricOp<"shrink", "x < -lambd ? x + bias : x > lambd ? x - bias : 0",
    (ins F32Attr:$lambd, F32Attr:$bias), "lambd = 0.5 : f32, bias = 0.0 : f32">;
def Halftone_GeluOp : Halftone_ParametricOp<"gelu", "x * Phi(x), by erf or by the tanh approximation",
    (ins DefaultValuedAttr<BoolAttr, "false">:$tanh), "tanh = true">;

def Halftone_IsInfOp : Halftone_PredicateOp<"isinf", "x is an infinity of an enabled sign"> {
  let arguments = (ins Halftone_Tensor:$input, DefaultValuedAttr<BoolAttr, "true">:$detect_negative,
      DefaultValuedAttr<BoolAttr, "true">:$detect_positive);
}
def Halftone_IsNaNOp : Halftone_PredicateOp<"isnan", "x is NaN">;

def Halftone_AddOp : Halftone_BinaryOp<"add", "lhs + rhs", Halftone_Number, [Commutative]> { let hasFolder = 1; }
def Halftone_SubOp : Halftone_BinaryOp<"sub", "lhs - rhs"> { let hasFolder = 1; }
def Halftone_MulOp : Halftone_BinaryOp<"mul", "lhs * rhs", Halftone_Number, [Commutative]> { let hasFolder = 1; }
def Halftone_DivOp : Halftone_BinaryOp<"div", "lhs / rhs (integers truncate toward zero)"> { let hasFolder = 1; }
def Halftone_MinOp : Halftone_BinaryOp<"min", "min(lhs, rhs), NaN if either is", Halftone_Number, [Commutative]>;
def Halftone_MaxOp : Halftone_BinaryOp<"max", "max(lhs, rhs), NaN if either is", Halftone_Number, [Commutative]>;
def Halftone_AndOp : Halftone_BinaryOp<"and", "lhs & rhs", Halftone_Logical, [Commutative]>;
def Halftone_OrOp : Halftone_BinaryOp<"or", "lhs | rhs", Halftone_Logical, [Commutative]>;
def Halftone_XorOp : Halftone_BinaryOp<"xor", "lhs ^ rhs", Halftone_Logical, [Commutative]>;
def Halftone_PReluOp : Halftone_BinaryOp<"prelu", "lhs < 0 ? rhs * lhs : lhs">;
def Halftone_EqualOp : Halftone_CompareOp<"equal", "lhs == rhs", Halftone_Any, [Commutative]>;
def Halftone_LessOp : Halftone_CompareOp<"less", "lhs < rhs">;
def Halftone_LessOrEqualOp : Halftone_CompareOp<"less_or_equal", "lhs <= rhs">;
def Halftone_GreaterOp : Halftone_CompareOp<"greater", "lhs > rhs">;
def Halftone_GreaterOrEqualOp : Halftone_CompareOp<"greater_or_equal", "lhs >= rhs">;

def Halftone_PowOp : Halftone_BinaryOp<"pow", "lhs ^ rhs, in the element type of lhs"> {
  let description = [{
    `output[i] = lhs ^ rhs`, broadcast; the exponent may have another element type, the result has that of `lhs`.

    - (C1) the elements of both are numbers: floats or integers other than i1.
    - (C2) aligned dimensions are equal, or one of them is 1.

    Example:
    ```mlir
    %y = halftone.pow %x, %e : (tensor<2x3xf32>, tensor<i64>) -> tensor<2x3xf32>
    ```
  }];
  let extraClassDefinition = "";
}
def Halftone_ModOp : Halftone_BinaryOp<"mod", "lhs mod rhs"> {
  let arguments = (ins Halftone_Tensor:$lhs, Halftone_Tensor:$rhs, DefaultValuedAttr<BoolAttr, "false">:$fmod);
  let description = [{
    Remainder, broadcast. With `fmod` the sign is that of the dividend (C `fmod`), otherwise that of the divisor.

    - (C1) `lhs` and `rhs` have the same element type, a float or an integer other than i1; floats need `fmod`.
    - (C2) aligned dimensions are equal, or one of them is 1.

    Example:
    ```mlir
    %y = halftone.mod %a, %b {fmod = true} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
    ```
  }];
  let extraClassDefinition = "";
}
def Halftone_BitShiftOp : Halftone_BinaryOp<"bit_shift", "lhs shifted by rhs bits", Halftone_Integer> {
  let arguments = (ins Halftone_Tensor:$lhs, Halftone_Tensor:$rhs, DefaultValuedAttr<BoolAttr, "false">:$right);
  let description = [{
    `output[i] = right ? lhs >> rhs : lhs << rhs`, broadcast; the right shift fills with zeros. Shifting by the width or
    more gives 0.

    - (C1) `lhs` and `rhs` have the same element type, an integer other than i1.
    - (C2) aligned dimensions are equal, or one of them is 1.

    Example:
    ```mlir
    %y = halftone.bit_shift %a, %b {right = true} : (tensor<2x3xui8>, tensor<3xui8>) -> tensor<2x3xui8>
    ```
  }];
}

def Halftone_WhereOp : Halftone_GraphOp<"where", [Halftone_Elementwise]> {
  let summary = "Elementwise choice by a condition";
  let description = [{
    `output[i] = condition[i] ? lhs[i] : rhs[i]`, the three operands broadcast against each other.

    - (C1) `condition` has element type i1; `lhs` and `rhs` have the same element type.
    - (C2) aligned dimensions are equal, or one of them is 1.

    Example:
    ```mlir
    %y = halftone.where %c, %a, %b : (tensor<3xi1>, tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$condition, Halftone_Tensor:$lhs, Halftone_Tensor:$rhs);
  let results = (outs Halftone_Tensor:$output);
  let hasFolder = 1;
}

def Halftone_CastOp : Halftone_GraphOp<"cast", [Halftone_Elementwise]> {
  let summary = "Elementwise conversion to another element type";
  let description = [{
    Converts each element. Float to integer truncates toward zero (out of range is undefined in ONNX; here it saturates,
    and NaN gives 0; to less than 8 bits it goes through i32); wider integer to narrower wraps; integer and float to i1 test `x != 0`; float to narrower float
    rounds half to even. With `saturate` (8-bit and narrower floats) values out of range become the largest finite one.

    - (C1) `to` is an integer or float type; `output` has this element type and the dimensions of `input`.

    Example:
    ```mlir
    %y = halftone.cast %x {to = f32} : (tensor<2xi64>) -> tensor<2xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, TypeAttr:$to, DefaultValuedAttr<BoolAttr, "true">:$saturate);
  let results = (outs Halftone_Tensor:$output);
  let hasFolder = 1;
}

def Halftone_BitCastOp : Halftone_GraphOp<"bitcast", [Halftone_Elementwise]> {
  let summary = "Elementwise reading of the same bits as another element type";
  let description = [{
    The bits of every element stay; only the type that reads them changes.

    - (C1) `to` is an integer or float type as wide as the elements of `input`; neither is i1.

    Example:
    ```mlir
    %y = halftone.bitcast %x {to = i32} : (tensor<2xf32>) -> tensor<2xi32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, TypeAttr:$to);
  let results = (outs Halftone_Tensor:$output);
}

def Halftone_ClipOp : Halftone_GraphOp<"clip", [Halftone_Elementwise, AttrSizedOperandSegments]> {
  let summary = "Elementwise clamp between two optional scalars";
  let description = [{
    `output[i] = min(max(input[i], min), max)`; an absent bound does not bound. When `min > max` the result is `max`.

    - (C1) `min` and `max` have one element, of the element type of `input`, a float or an integer other than i1.

    Example:
    ```mlir
    %y = halftone.clip %x min(%low : tensor<f32>) max(%high : tensor<f32>) : tensor<2x3xf32> -> tensor<2x3xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, Optional<Halftone_Tensor>:$min, Optional<Halftone_Tensor>:$max);
  let results = (outs Halftone_Tensor:$output);
  let assemblyFormat = [{
    $input (`min` `(` $min^ `:` type($min) `)`)? (`max` `(` $max^ `:` type($max) `)`)? attr-dict `:` type($input) `->` type($output)
  }];
  let hasFolder = 1;
}

#endif // HALFTONE_ELEMENTWISE_OPS_TD
