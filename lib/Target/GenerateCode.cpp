// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Emission.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/GPU/GPUToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/NVVM/NVVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"

using namespace mlir;
using namespace mlir::halftone;

void mlir::halftone::registerTranslations(DialectRegistry &registry) {
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  registerGPUDialectTranslation(registry);
  registerNVVMDialectTranslation(registry);
}

llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
mlir::halftone::createTargetMachine(const EmitOptions &options) {
  llvm::InitializeAllTargetInfos();
  llvm::InitializeAllTargets();
  llvm::InitializeAllTargetMCs();
  llvm::InitializeAllAsmPrinters();

  llvm::Triple triple(options.target.triple);
  std::string message;
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, message);
  if (!target)
    return llvm::createStringError(message);
  llvm::TargetOptions targetOptions;
  // A product and a sum become one instruction only where the IR says so.
  targetOptions.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  // Naming the CPU itself would also enable features that the module does not demand.
  std::unique_ptr<llvm::TargetMachine> machine(target->createTargetMachine(
      triple, options.target.baseCPU, options.target.features, targetOptions, llvm::Reloc::PIC_,
      llvm::CodeModel::Small, static_cast<llvm::CodeGenOptLevel>(options.optimizationLevel)));
  if (!machine)
    return llvm::createStringError("no code generator for " + options.target.triple);
  return machine;
}

std::unique_ptr<llvm::Module> mlir::halftone::translateModule(ModuleOp module,
                                                              const EmitOptions &options,
                                                              ArrayRef<DeviceImage> images,
                                                              llvm::TargetMachine &machine,
                                                              llvm::LLVMContext &context) {
  // Kernels are another program, which the images are made of.
  auto kernels = llvm::to_vector(module.getOps<gpu::GPUModuleOp>());
  for (gpu::GPUModuleOp part : kernels)
    part->remove();
  std::unique_ptr<llvm::Module> llvmModule =
      translateModuleToLLVMIR(module, context, "halftone_module");
  for (gpu::GPUModuleOp part : kernels)
    module.push_back(part);
  if (!llvmModule) {
    module.emitError("cannot be translated to LLVM IR");
    return nullptr;
  }
  llvmModule->setDataLayout(machine.createDataLayout());
  llvmModule->setTargetTriple(machine.getTargetTriple());
  for (llvm::Function &function : *llvmModule) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr(llvm::Attribute::NoUnwind);
    function.addFnAttr("tune-cpu", options.target.cpu);
    // LLVM keeps to 256 bits on CPUs whose clock once dropped with wider vectors.
    if (options.target.avx512)
      function.addFnAttr("prefer-vector-width", "512");
  }
  if (llvm::Error error = addModuleDescriptor(module, options, images, *llvmModule)) {
    module.emitError(llvm::toString(std::move(error)));
    return nullptr;
  }
  return llvmModule;
}

void mlir::halftone::optimize(llvm::Module &module, llvm::TargetMachine &machine, unsigned level) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PipelineTuningOptions tuning;
  tuning.LoopVectorization = tuning.SLPVectorization = tuning.LoopInterleaving = level > 1;
  llvm::PassBuilder builder(&machine, tuning);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);

  const llvm::OptimizationLevel levels[] = {
      llvm::OptimizationLevel::O0, llvm::OptimizationLevel::O1, llvm::OptimizationLevel::O2,
      llvm::OptimizationLevel::O3};
  llvm::OptimizationLevel chosen = levels[std::min(level, 3u)];
  llvm::ModulePassManager passes = level == 0 ? builder.buildO0DefaultPipeline(chosen)
                                              : builder.buildPerModuleDefaultPipeline(chosen);
  passes.run(module, modules);
}

llvm::Error mlir::halftone::generateObject(llvm::Module &module, llvm::TargetMachine &machine,
                                           llvm::raw_pwrite_stream &output) {
  llvm::legacy::PassManager passes;
  if (machine.addPassesToEmitFile(passes, output, nullptr, llvm::CodeGenFileType::ObjectFile))
    return llvm::createStringError("the target cannot write objects");
  passes.run(module);
  return llvm::Error::success();
}
