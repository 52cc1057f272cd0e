// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The patterns of halftone-convert-to-linalg, by op family. `facts` must outlive them.
#ifndef HALFTONE_CONVERSION_PATTERNS_H
#define HALFTONE_CONVERSION_PATTERNS_H

#include "halftone/Conversion/ShapeFacts.h"
#include "mlir/Transforms/DialectConversion.h"

namespace mlir::halftone {

/// Whether a constant becomes one of `arith`: a splat, or one of at most 16 elements.
bool isFoldedIntoArith(ElementsAttr elements);

/// Integers lose their sign; every other type stays.
void populateSignlessConversions(TypeConverter &converter);

void populateConstantPatterns(const TypeConverter &converter, const ShapeFacts &facts,
                              RewritePatternSet &patterns);
void populateElementwisePatterns(const TypeConverter &converter, const ShapeFacts &facts,
                                 RewritePatternSet &patterns);
void populateQuantizationPatterns(const TypeConverter &converter, const ShapeFacts &facts,
                                  RewritePatternSet &patterns);
void populateCodebookPatterns(const TypeConverter &converter, const ShapeFacts &facts,
                              RewritePatternSet &patterns);
void populateReshapePatterns(const TypeConverter &converter, const ShapeFacts &facts,
                             RewritePatternSet &patterns);
void populateDataMovementPatterns(const TypeConverter &converter, const ShapeFacts &facts,
                                  RewritePatternSet &patterns);
void populateSlicePatterns(const TypeConverter &converter, const ShapeFacts &facts,
                           RewritePatternSet &patterns);
void populateExpandPatterns(const TypeConverter &converter, const ShapeFacts &facts,
                            RewritePatternSet &patterns);
void populatePadPatterns(const TypeConverter &converter, const ShapeFacts &facts,
                         RewritePatternSet &patterns);
void populateIndexingPatterns(const TypeConverter &converter, const ShapeFacts &facts,
                              RewritePatternSet &patterns);
void populateGatherPatterns(const TypeConverter &converter, const ShapeFacts &facts,
                            RewritePatternSet &patterns);
void populatePackedGatherPatterns(const TypeConverter &converter, const ShapeFacts &facts,
                                  RewritePatternSet &patterns);
void populateScatterPatterns(const TypeConverter &converter, const ShapeFacts &facts,
                             RewritePatternSet &patterns);
void populateReductionPatterns(const TypeConverter &converter, const ShapeFacts &facts,
                               RewritePatternSet &patterns);
void populateScanPatterns(const TypeConverter &converter, const ShapeFacts &facts,
                          RewritePatternSet &patterns);
void populateNormalizationPatterns(const TypeConverter &converter, const ShapeFacts &facts,
                                   RewritePatternSet &patterns);
void populateContractionPatterns(const TypeConverter &converter, const ShapeFacts &facts,
                                 RewritePatternSet &patterns);
void populateConvolutionPatterns(const TypeConverter &converter, const ShapeFacts &facts,
                                 RewritePatternSet &patterns);
void populatePoolingPatterns(const TypeConverter &converter, const ShapeFacts &facts,
                             RewritePatternSet &patterns);
void populateControlFlowPatterns(const TypeConverter &converter, const ShapeFacts &facts,
                                 RewritePatternSet &patterns);
void populateResizePatterns(const TypeConverter &converter, const ShapeFacts &facts,
                            RewritePatternSet &patterns);
void populateNonMaxSuppressionPatterns(const TypeConverter &converter, const ShapeFacts &facts,
                                       RewritePatternSet &patterns);

} // namespace mlir::halftone

#endif // HALFTONE_CONVERSION_PATTERNS_H
