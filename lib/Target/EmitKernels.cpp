// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Emission.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"

using namespace mlir;
using namespace mlir::halftone;

static constexpr llvm::StringLiteral deviceTriple = "nvptx64-nvidia-cuda";

static llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createDeviceMachine(const DeviceTarget &device, unsigned optimizationLevel) {
  LLVMInitializeNVPTXTargetInfo();
  LLVMInitializeNVPTXTarget();
  LLVMInitializeNVPTXTargetMC();
  LLVMInitializeNVPTXAsmPrinter();
  llvm::Triple triple(deviceTriple);
  std::string message;
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, message);
  if (!target)
    return llvm::createStringError(message);
  llvm::TargetOptions options;
  // As on the CPU: a product and a sum become one instruction only where the IR says so.
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  std::unique_ptr<llvm::TargetMachine> machine(target->createTargetMachine(
      triple, device.chip, device.features, options, llvm::Reloc::PIC_, std::nullopt,
      static_cast<llvm::CodeGenOptLevel>(optimizationLevel)));
  if (!machine)
    return llvm::createStringError("no code generator for " + device.chip);
  return machine;
}

static llvm::Expected<std::string> writePTX(llvm::Module &kernels, llvm::TargetMachine &machine) {
  SmallString<0> text;
  llvm::raw_svector_ostream stream(text);
  llvm::legacy::PassManager passes;
  if (machine.addPassesToEmitFile(passes, stream, nullptr, llvm::CodeGenFileType::AssemblyFile))
    return llvm::createStringError("the device's code generator cannot write PTX");
  passes.run(kernels);
  // A driver would not find it: it has this module only.
  auto [before, missing] = StringRef(text).split(".extern .func");
  if (!missing.empty())
    return llvm::createStringError("a kernel calls a function that is not there:" +
                                   missing.take_until([](char c) { return c == ';'; }));
  return (StringRef(text) + StringRef("\0", 1)).str();
}

/// The kernels for `device`, optimized; `finish` makes the image's data of them.
static llvm::Expected<DeviceImage> generateImage(
    gpu::GPUModuleOp kernels, const DeviceTarget &device, const EmitOptions &options,
    llvm::function_ref<llvm::Expected<std::string>(llvm::Module &, llvm::TargetMachine &)> finish) {
  auto machine = createDeviceMachine(device, options.optimizationLevel);
  if (!machine)
    return machine.takeError();
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> module = translateModuleToLLVMIR(kernels, context, "kernels");
  if (!module)
    return llvm::createStringError("the kernels cannot be translated to LLVM IR");
  module->setDataLayout((*machine)->createDataLayout());
  module->setTargetTriple((*machine)->getTargetTriple());
  for (llvm::Function &function : *module)
    if (!function.isDeclaration())
      function.addFnAttr(llvm::Attribute::NoUnwind);
  optimize(*module, **machine, options.optimizationLevel);
  llvm::Expected<std::string> data = finish(*module, **machine);
  if (!data)
    return data.takeError();
  return DeviceImage{device, std::move(*data)};
}

SmallVector<StringRef> mlir::halftone::listKernels(ModuleOp module) {
  SmallVector<StringRef> names;
  for (auto kernels : module.getOps<gpu::GPUModuleOp>())
    for (auto function : kernels.getOps<LLVM::LLVMFuncOp>())
      if (!function.isExternal())
        names.push_back(function.getSymName());
  return names;
}

llvm::Expected<std::vector<DeviceImage>>
mlir::halftone::generateDeviceImages(ModuleOp module, const EmitOptions &options) {
  std::vector<DeviceImage> images;
  auto kernels = module.getOps<gpu::GPUModuleOp>();
  if (kernels.empty())
    return images;
  if (options.emulateDevice) {
    llvm::Expected<DeviceImage> image = generateImage(
        *kernels.begin(), options.devices.back(), options,
        [&](llvm::Module &code, llvm::TargetMachine &) { return emulateKernels(code, options); });
    if (!image)
      return image.takeError();
    image->target = {"emulated", "", 0, 0, /*isExact=*/true};
    images.push_back(std::move(*image));
    return images;
  }
  for (const DeviceTarget &device : options.devices) {
    llvm::Expected<DeviceImage> image = generateImage(*kernels.begin(), device, options, writePTX);
    if (!image)
      return image.takeError();
    images.push_back(std::move(*image));
  }
  return images;
}
