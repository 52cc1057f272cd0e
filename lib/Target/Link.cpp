// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Emission.h"

#include "lld/Common/Driver.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/TargetParser/Host.h"
#include <malloc.h>
#include <mutex>

LLD_HAS_DRIVER(elf)

using namespace mlir;
using namespace mlir::halftone;

// Functions that LLVM calls on its own for memory, present in every process.
static constexpr llvm::StringLiteral memoryFunctions[] = {"memcpy", "memmove", "memset", "memcmp",
                                                          "bcmp"};

// Functions of libm that math ops without an approximation become; each also as a float variant.
static constexpr llvm::StringLiteral mathFunctions[] = {
    "acos",   "acosh", "asin",      "asinh", "atan", "atan2", "atanh",     "cbrt",
    "ceil",   "cos",   "cosh",      "erf",   "erfc", "exp",   "exp2",      "exp10",
    "expm1",  "floor", "fma",       "fmax",  "fmin", "fmod",  "log",       "log10",
    "log1p",  "log2",  "nearbyint", "pow",   "rint", "round", "roundeven", "sin",
    "sincos", "sinh",  "sqrt",      "tan",   "tanh", "trunc"};

static bool isMathFunction(StringRef name) {
  return llvm::is_contained(mathFunctions, name) ||
         (name.ends_with("f") && llvm::is_contained(mathFunctions, name.drop_back()));
}

namespace {
struct Needs {
  bool libm = false;
};
} // namespace

/// A symbol that nothing defines would only be noticed when the module is loaded, or run.
static llvm::Expected<Needs> checkUndefinedSymbols(StringRef object) {
  auto file = llvm::object::ObjectFile::createObjectFile(llvm::MemoryBufferRef(object, "object"));
  if (!file)
    return file.takeError();
  Needs needs;
  for (const llvm::object::SymbolRef &symbol : (*file)->symbols()) {
    llvm::Expected<uint32_t> flags = symbol.getFlags();
    if (!flags)
      return flags.takeError();
    if (!(*flags & llvm::object::SymbolRef::SF_Undefined))
      continue;
    llvm::Expected<StringRef> name = symbol.getName();
    if (!name)
      return name.takeError();
    if (name->empty() || *name == weightsSymbol || llvm::is_contained(memoryFunctions, *name))
      continue;
    // Conversions of f16 without an instruction for them are calls of the compiler's own library.
    if (name->starts_with("__extendhf") || (name->starts_with("__trunc") && name->ends_with("hf2")))
      return llvm::createStringError("the model computes with f16, which needs a CPU with F16C");
    if (!isMathFunction(*name))
      return llvm::createStringError("the compiled code calls '" + *name +
                                     "', which neither the runtime nor libm offers");
    needs.libm = true;
  }
  return needs;
}

/// Where Debian's kind of systems and the others have it; the libraries of another architecture lie
/// in folders that have its name.
static llvm::Expected<std::string> findLibm(const llvm::Triple &triple) {
  std::string name = (triple.getArchName() + "-linux-gnu").str();
  std::vector<std::string> folders = {"/lib/" + name, "/usr/lib/" + name, "/usr/" + name + "/lib"};
  if (triple.getArch() == llvm::Triple(llvm::sys::getProcessTriple()).getArch())
    for (const char *folder : {"/lib64", "/usr/lib64", "/lib", "/usr/lib"})
      folders.push_back(folder);
  for (const std::string &folder : folders) {
    std::string path = folder + "/libm.so.6";
    if (llvm::sys::fs::exists(path))
      return path;
  }
  return llvm::createStringError("the model needs libm.so.6 for " + triple.getArchName() +
                                 ", which was not found in " + llvm::join(folders, ", "));
}

llvm::Error mlir::halftone::linkSharedLibrary(const llvm::Triple &triple,
                                              ArrayRef<std::string> objects, StringRef object,
                                              StringRef outputPath) {
  llvm::Expected<Needs> needs = checkUndefinedSymbols(object);
  if (!needs)
    return needs.takeError();
  std::string output = outputPath.str(), libm;
  SmallVector<const char *> arguments = {
      "ld.lld",       "-shared", "-o",    output.c_str(),     "-z",
      "now",          "-z",      "relro", "--hash-style=gnu", "--build-id=none",
      "--gc-sections"};
  for (const std::string &path : objects)
    arguments.push_back(path.c_str());
  if (needs->libm) {
    llvm::Expected<std::string> path = findLibm(triple);
    if (!path)
      return path.takeError();
    libm = std::move(*path);
    arguments.push_back(libm.c_str());
  }
  return runLinker(arguments);
}

llvm::Error mlir::halftone::runLinker(ArrayRef<const char *> arguments) {
  // lld keeps its state in globals: one link at a time in a process.
  static std::mutex linkerMutex;
  std::lock_guard<std::mutex> lock(linkerMutex);
#ifdef __GLIBC__
  // lld has the weights in memory twice, as input and as output: what the code generator has freed
  // goes back to the system first.
  (void)malloc_trim(/*pad=*/0);
#endif
  std::string messages;
  llvm::raw_string_ostream stream(messages);
  lld::Result result = lld::lldMain(arguments, stream, stream, {{lld::Gnu, &lld::elf::link}});
  if (result.retCode != 0)
    return llvm::createStringError("linking failed: " + StringRef(messages).rtrim());
  return llvm::Error::success();
}
