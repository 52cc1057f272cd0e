// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Emission.h"

#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace mlir::halftone;

// The address space of the memory that the threads of a block share.
static constexpr unsigned sharedSpace = 3;

// Where that memory is in the library, so that the emulator finds it.
static constexpr llvm::StringLiteral sharedSection = "halftone_shared";

namespace {

class KernelEmulation {
public:
  explicit KernelEmulation(llvm::Module &module)
      : module(module), context(module.getContext()), pointer(llvm::PointerType::get(context, 0)) {}

  llvm::Error transform();

private:
  void checkAccesses(llvm::Function &function);
  llvm::Error replaceCalls(llvm::Function &function);
  llvm::Value *makePlain(llvm::IRBuilder<> &builder, llvm::Value *value);
  void replaceIntrinsic(llvm::CallInst &call);
  void placeSharedMemory();
  void wrapKernel(llvm::Function &kernel);

  llvm::Module &module;
  llvm::LLVMContext &context;
  llvm::PointerType *pointer;
};

} // namespace

/// What the access takes for granted.
static llvm::Align getAlignment(const llvm::Instruction &access) {
  if (auto *atomic = llvm::dyn_cast<llvm::AtomicRMWInst>(&access))
    return atomic->getAlign();
  return llvm::getLoadStoreAlignment(&access);
}

/// Before every access of memory other than the thread's own stack: halftone_simt_check(address,
/// bytes, alignment).
void KernelEmulation::checkAccesses(llvm::Function &function) {
  const llvm::DataLayout &layout = module.getDataLayout();
  llvm::Type *i64 = llvm::Type::getInt64Ty(context);
  llvm::FunctionCallee check = module.getOrInsertFunction(
      "halftone_simt_check", llvm::Type::getVoidTy(context), pointer, i64, i64);
  SmallVector<std::pair<llvm::Instruction *, std::pair<llvm::Value *, llvm::Type *>>> accesses;
  for (llvm::Instruction &instruction : llvm::instructions(function)) {
    llvm::Value *address = llvm::getLoadStorePointerOperand(&instruction);
    llvm::Type *type = address ? llvm::getLoadStoreType(&instruction) : nullptr;
    if (auto *atomic = llvm::dyn_cast<llvm::AtomicRMWInst>(&instruction)) {
      address = atomic->getPointerOperand();
      type = atomic->getType();
    }
    if (address && !llvm::isa<llvm::AllocaInst>(llvm::getUnderlyingObject(address)))
      accesses.push_back({&instruction, {address, type}});
  }
  for (auto [instruction, access] : accesses) {
    llvm::IRBuilder<> builder(instruction);
    builder.CreateCall(check, {builder.CreatePointerBitCastOrAddrSpaceCast(access.first, pointer),
                               builder.getInt64(layout.getTypeStoreSize(access.second)),
                               builder.getInt64(getAlignment(*instruction).value())});
  }
}

/// As functions in C take it: pointers without an address space, registers of several elements as
/// bits.
llvm::Value *KernelEmulation::makePlain(llvm::IRBuilder<> &builder, llvm::Value *value) {
  if (value->getType()->isPointerTy())
    return builder.CreatePointerBitCastOrAddrSpaceCast(value, pointer);
  if (value->getType()->isVectorTy())
    return builder.CreateBitCast(
        value, builder.getIntNTy(value->getType()->getPrimitiveSizeInBits().getFixedValue()));
  return value;
}

/// A call of the function that does in the emulator what the intrinsic does on a device. It takes
/// the place for a struct that it returns as the first argument.
void KernelEmulation::replaceIntrinsic(llvm::CallInst &call) {
  std::string name = "halftone_simt";
  for (StringRef part : llvm::split(
           call.getCalledFunction()->getName().drop_front(StringRef("llvm.nvvm.").size()), '.'))
    name += "_" + part.str();
  llvm::IRBuilder<> builder(&call);
  llvm::Type *result = call.getType();
  SmallVector<llvm::Value *> arguments;
  llvm::AllocaInst *place = nullptr;
  if (result->isStructTy()) {
    llvm::IRBuilder<> atEntry(&call.getFunction()->getEntryBlock().front());
    place = atEntry.CreateAlloca(result);
    arguments.push_back(place);
  }
  for (llvm::Value *argument : call.args())
    arguments.push_back(makePlain(builder, argument));
  SmallVector<llvm::Type *> types;
  for (llvm::Value *argument : arguments)
    types.push_back(argument->getType());
  auto *type = llvm::FunctionType::get(place ? builder.getVoidTy() : result, types,
                                       /*isVarArg=*/false);
  llvm::Value *value = builder.CreateCall(module.getOrInsertFunction(name, type), arguments);
  if (place)
    value = builder.CreateLoad(result, place);
  if (!result->isVoidTy())
    call.replaceAllUsesWith(value);
  call.eraseFromParent();
}

llvm::Error KernelEmulation::replaceCalls(llvm::Function &function) {
  SmallVector<llvm::CallInst *> intrinsics;
  for (llvm::Instruction &instruction : llvm::instructions(function)) {
    auto *call = llvm::dyn_cast<llvm::CallInst>(&instruction);
    if (!call)
      continue;
    if (call->isInlineAsm())
      return llvm::createStringError("the emulator has no inline PTX");
    if (llvm::Function *callee = call->getCalledFunction();
        callee && callee->getName().starts_with("llvm.nvvm."))
      intrinsics.push_back(call);
  }
  for (llvm::CallInst *call : intrinsics)
    replaceIntrinsic(*call);
  return llvm::Error::success();
}

void KernelEmulation::placeSharedMemory() {
  for (llvm::GlobalVariable &global : module.globals()) {
    if (global.getAddressSpace() != sharedSpace)
      continue;
    global.setInitializer(llvm::Constant::getNullValue(global.getValueType()));
    global.setSection(sharedSection);
    global.setLinkage(llvm::GlobalValue::InternalLinkage);
  }
}

/// The exported function of the kernel's name, which loads the arguments from their addresses.
void KernelEmulation::wrapKernel(llvm::Function &kernel) {
  std::string name = kernel.getName().str();
  kernel.setName(name + "_thread");
  kernel.setCallingConv(llvm::CallingConv::C);
  kernel.setLinkage(llvm::GlobalValue::InternalLinkage);
  // What holds for registers and blocks of a device means nothing here.
  kernel.setAttributes(llvm::AttributeList());
  auto *type = llvm::FunctionType::get(llvm::Type::getVoidTy(context), {pointer},
                                       /*isVarArg=*/false);
  llvm::Function *wrapper =
      llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage, name, module);
  llvm::IRBuilder<> builder(llvm::BasicBlock::Create(context, "", wrapper));
  SmallVector<llvm::Value *> arguments;
  for (llvm::Argument &argument : kernel.args()) {
    llvm::Value *place =
        builder.CreateConstInBoundsGEP1_64(pointer, wrapper->getArg(0), argument.getArgNo());
    arguments.push_back(builder.CreateLoad(argument.getType(), builder.CreateLoad(pointer, place)));
  }
  builder.CreateCall(&kernel, arguments);
  builder.CreateRetVoid();
}

llvm::Error KernelEmulation::transform() {
  SmallVector<llvm::Function *> kernels;
  for (llvm::Function &function : module) {
    if (function.isDeclaration())
      continue;
    if (function.getCallingConv() == llvm::CallingConv::PTX_Kernel)
      kernels.push_back(&function);
  }
  for (llvm::Function *kernel : kernels) {
    checkAccesses(*kernel);
    if (llvm::Error error = replaceCalls(*kernel))
      return error;
  }
  for (llvm::Function *kernel : kernels)
    wrapKernel(*kernel);
  placeSharedMemory();
  // Declarations of intrinsics that nothing calls any more.
  for (llvm::Function &function : llvm::make_early_inc_range(module))
    if (function.isDeclaration() && function.use_empty())
      function.eraseFromParent();
  return llvm::Error::success();
}

/// Links an object into a shared library by way of files, as the linker knows nothing else.
static llvm::Expected<std::string> linkLibrary(StringRef object) {
  SmallString<128> objectPath, libraryPath;
  if (std::error_code code =
          llvm::sys::fs::createTemporaryFile("halftone-kernels", "o", objectPath))
    return llvm::createFileError("temporary file", code);
  llvm::FileRemover objectRemover(objectPath);
  if (std::error_code code =
          llvm::sys::fs::createTemporaryFile("halftone-kernels", "so", libraryPath))
    return llvm::createFileError("temporary file", code);
  llvm::FileRemover libraryRemover(libraryPath);
  if (llvm::Error error = llvm::writeToOutput(objectPath, [&](llvm::raw_ostream &stream) {
        stream << object;
        return llvm::Error::success();
      }))
    return error;
  const char *arguments[] = {"ld.lld",          "-shared",         "-o", libraryPath.c_str(), "-z",
                             "nostart-stop-gc", objectPath.c_str()};
  if (llvm::Error error = runLinker(arguments))
    return error;
  auto library = llvm::MemoryBuffer::getFile(libraryPath);
  if (!library)
    return llvm::createFileError(libraryPath, library.getError());
  return (*library)->getBuffer().str();
}

llvm::Expected<std::string> mlir::halftone::emulateKernels(llvm::Module &kernels,
                                                           const EmitOptions &options) {
  if (llvm::Error error = KernelEmulation(kernels).transform())
    return error;
  auto machine = createTargetMachine(options);
  if (!machine)
    return machine.takeError();
  kernels.setDataLayout((*machine)->createDataLayout());
  kernels.setTargetTriple((*machine)->getTargetTriple());
  if (llvm::verifyModule(kernels, &llvm::errs()))
    return llvm::createStringError("the kernels are not valid on a CPU");
  SmallString<0> object;
  llvm::raw_svector_ostream stream(object);
  if (llvm::Error error = generateObject(kernels, **machine, stream))
    return error;
  return linkLibrary(object);
}
