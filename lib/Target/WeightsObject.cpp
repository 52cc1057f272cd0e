// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// An ELF object with one section of data, written front to back. LLVM's own writer would hold
// several copies of the weights in memory.
#include "Emission.h"

#include "halftone/CPU/ModuleAttributes.h"
#include "halftone/Dialect/ConstantData.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::halftone;
using namespace llvm::ELF;

// A page, so that the section can be mapped alone.
static constexpr uint64_t sectionAlignment = 4096;

namespace {

enum SectionIndex : uint16_t {
  NullSection,
  DataSection,
  SymbolSection,
  TextSection,
  StackSection,
  NumSections
};

/// The names of sections and symbols; both tables share it.
class StringTable {
public:
  StringTable() : bytes(1, '\0') {}
  uint32_t add(StringRef name) {
    uint32_t offset = bytes.size();
    bytes += name;
    bytes += '\0';
    return offset;
  }
  StringRef get() const { return bytes; }

private:
  std::string bytes;
};

template <typename T> void writeStruct(llvm::raw_ostream &output, const T &value) {
  output.write(reinterpret_cast<const char *>(&value), sizeof(value));
}

Elf64_Ehdr makeHeader(const llvm::Triple &triple, uint64_t sectionTableOffset) {
  Elf64_Ehdr header = {};
  memcpy(header.e_ident, ElfMagic, strlen(ElfMagic));
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_REL;
  header.e_machine = triple.isX86() ? EM_X86_64 : EM_AARCH64;
  header.e_version = EV_CURRENT;
  header.e_shoff = sectionTableOffset;
  header.e_ehsize = sizeof(Elf64_Ehdr);
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = NumSections;
  header.e_shstrndx = TextSection;
  return header;
}

Elf64_Shdr makeSection(uint32_t name, uint32_t type, uint64_t flags, uint64_t offset, uint64_t size,
                       uint64_t alignment) {
  Elf64_Shdr section = {};
  section.sh_name = name;
  section.sh_type = type;
  section.sh_flags = flags;
  section.sh_offset = offset;
  section.sh_size = size;
  section.sh_addralign = alignment;
  return section;
}

/// The bytes of all constants, each at its offset, up to the size of the section.
llvm::Error writeContents(ModuleOp module, llvm::raw_ostream &output, uint64_t sectionSize) {
  auto contents = module->getAttrOfType<ArrayAttr>(attributes::weights);
  auto offsets = module->getAttrOfType<DenseI64ArrayAttr>(attributes::weightsOffsets);
  uint64_t written = 0;
  for (auto [content, offset] : llvm::zip_equal(contents, offsets.asArrayRef())) {
    output.write_zeros(offset - written);
    auto elements = llvm::cast<ElementsAttr>(content);
    std::vector<char> copy;
    std::optional<ArrayRef<char>> bytes = getRawBytes(elements);
    if (!bytes) {
      std::optional<std::vector<char>> copied = copyRawBytes(elements);
      if (!copied)
        return llvm::createStringError("a constant lost its data after it was laid out");
      copy = std::move(*copied);
      bytes = ArrayRef<char>(copy);
    }
    output.write(bytes->data(), bytes->size());
    written = offset + bytes->size();
    releasePages(elements);
  }
  output.write_zeros(sectionSize - written);
  return llvm::Error::success();
}

} // namespace

llvm::Error mlir::halftone::writeWeightsObject(ModuleOp module, const llvm::Triple &triple,
                                               StringRef path) {
  std::error_code code;
  llvm::raw_fd_ostream output(path, code);
  if (code)
    return llvm::createFileError(path, code);
  uint64_t size = module->getAttrOfType<IntegerAttr>(attributes::weightsSize).getInt();

  StringTable names;
  Elf64_Sym symbols[2] = {};
  symbols[1].st_name = names.add(weightsSymbol);
  symbols[1].setBindingAndType(STB_GLOBAL, STT_OBJECT);
  symbols[1].st_other = STV_HIDDEN;
  symbols[1].st_shndx = DataSection;
  symbols[1].st_size = size;

  uint64_t symbolsOffset = sectionAlignment + llvm::alignTo(size, 8);
  uint64_t namesOffset = symbolsOffset + sizeof(symbols);
  Elf64_Shdr sections[NumSections] = {};
  // On x86-64, behind everything that code reaches by 32-bit distances.
  uint64_t largeFlag = triple.isX86() ? SHF_X86_64_LARGE : 0;
  sections[DataSection] =
      makeSection(names.add(".lrodata.halftone"), SHT_PROGBITS, SHF_ALLOC | largeFlag,
                  sectionAlignment, size, sectionAlignment);
  sections[SymbolSection] =
      makeSection(names.add(".symtab"), SHT_SYMTAB, 0, symbolsOffset, sizeof(symbols), 8);
  sections[SymbolSection].sh_entsize = sizeof(Elf64_Sym);
  sections[SymbolSection].sh_link = TextSection;
  sections[SymbolSection].sh_info = 1; // the first symbol that is not local
  sections[StackSection] =
      makeSection(names.add(".note.GNU-stack"), SHT_PROGBITS, 0, namesOffset, 0, 1);
  uint32_t ownName = names.add(".strtab");
  sections[TextSection] = makeSection(ownName, SHT_STRTAB, 0, namesOffset, names.get().size(), 1);
  uint64_t tableOffset = llvm::alignTo(namesOffset + names.get().size(), 8);

  writeStruct(output, makeHeader(triple, tableOffset));
  output.write_zeros(sectionAlignment - sizeof(Elf64_Ehdr));
  if (llvm::Error error = writeContents(module, output, size))
    return error;
  output.write_zeros(symbolsOffset - sectionAlignment - size);
  writeStruct(output, symbols);
  output << names.get();
  output.write_zeros(tableOffset - namesOffset - names.get().size());
  writeStruct(output, sections);
  output.close();
  if (output.has_error()) {
    code = output.error();
    output.clear_error();
    return llvm::createFileError(path, code);
  }
  return llvm::Error::success();
}
