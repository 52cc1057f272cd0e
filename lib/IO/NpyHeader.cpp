// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "NpyHeader.h"

#include "halftone/IO/FileError.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/raw_ostream.h"

#include <optional>

using namespace halftone;
using namespace llvm;

static constexpr StringLiteral magic("\x93NUMPY");
// numpy pads the header so that the data is aligned for every element type.
static constexpr size_t dataAlignment = 64;
// A header of 32 dimensions has a few hundred bytes. This stops a hostile length.
static constexpr size_t maxDictionary = 1 << 20;

/// The type a descr string like "<f4" stands for, without its byte order.
static halftone_dtype parseTypeCode(StringRef code) {
  // ml_dtypes arrays are saved as void types: bf16 is the only one of two bytes. One byte can be
  // several types; the user of the array knows which, here it stays a byte.
  return StringSwitch<halftone_dtype>(code)
      .Cases({"b1", "?"}, HALFTONE_DTYPE_BOOL)
      .Case("i1", HALFTONE_DTYPE_I8)
      .Cases({"u1", "V1"}, HALFTONE_DTYPE_U8)
      .Case("i2", HALFTONE_DTYPE_I16)
      .Case("u2", HALFTONE_DTYPE_U16)
      .Case("i4", HALFTONE_DTYPE_I32)
      .Case("u4", HALFTONE_DTYPE_U32)
      .Case("i8", HALFTONE_DTYPE_I64)
      .Case("u8", HALFTONE_DTYPE_U64)
      .Case("f2", HALFTONE_DTYPE_F16)
      .Case("f4", HALFTONE_DTYPE_F32)
      .Case("f8", HALFTONE_DTYPE_F64)
      .Cases({"V2", "bfloat16"}, HALFTONE_DTYPE_BF16)
      .Cases({"f1", "float8_e5m2"}, HALFTONE_DTYPE_F8E5M2)
      .Case("float8_e4m3fn", HALFTONE_DTYPE_F8E4M3FN)
      .Case("float8_e4m3fnuz", HALFTONE_DTYPE_F8E4M3FNUZ)
      .Case("float8_e5m2fnuz", HALFTONE_DTYPE_F8E5M2FNUZ)
      .Case("float8_e8m0fnu", HALFTONE_DTYPE_F8E8M0FNU)
      .Default(HALFTONE_DTYPE_INVALID);
}

static StringRef typeCode(halftone_dtype dtype) {
  switch (dtype) {
  case HALFTONE_DTYPE_BOOL:
    return "|b1";
  case HALFTONE_DTYPE_I8:
    return "|i1";
  case HALFTONE_DTYPE_U8:
    return "|u1";
  case HALFTONE_DTYPE_I16:
    return "<i2";
  case HALFTONE_DTYPE_U16:
    return "<u2";
  case HALFTONE_DTYPE_I32:
    return "<i4";
  case HALFTONE_DTYPE_U32:
    return "<u4";
  case HALFTONE_DTYPE_I64:
    return "<i8";
  case HALFTONE_DTYPE_U64:
    return "<u8";
  case HALFTONE_DTYPE_F16:
    return "<f2";
  case HALFTONE_DTYPE_F32:
    return "<f4";
  case HALFTONE_DTYPE_F64:
    return "<f8";
  case HALFTONE_DTYPE_BF16:
    return "<V2";
  default:
    return "|V1";
  }
}

namespace {

/// Parses the python dictionary of a header: string, boolean and tuple values only.
class DictionaryParser {
public:
  explicit DictionaryParser(StringRef text) : rest(text) {}

  Expected<NpyHeader> parse();

private:
  Error parseItem(NpyHeader &header);
  Error parseType(NpyHeader &header);
  Error parseOrder(NpyHeader &header);
  Error parseShape(NpyHeader &header);
  std::optional<StringRef> parseString();
  bool consume(char c);
  Error unexpected(const Twine &expected) const;

  StringRef rest;
  bool hasType = false, hasOrder = false, hasShape = false;
};

} // namespace

/// A piece of the file, fit to be printed.
static std::string escape(StringRef text) {
  std::string result;
  raw_string_ostream stream(result);
  printEscapedString(text.take_front(40), stream);
  return result;
}

Error DictionaryParser::unexpected(const Twine &expected) const {
  return createStringError("broken header: expected " + expected + " at '" + escape(rest) + "'");
}

bool DictionaryParser::consume(char c) {
  rest = rest.ltrim();
  return rest.consume_front(StringRef(&c, 1));
}

std::optional<StringRef> DictionaryParser::parseString() {
  rest = rest.ltrim();
  if (!rest.starts_with("'") && !rest.starts_with("\""))
    return std::nullopt;
  size_t end = rest.find(rest.front(), 1);
  if (end == StringRef::npos)
    return std::nullopt;
  StringRef text = rest.slice(1, end);
  rest = rest.drop_front(end + 1);
  return text;
}

Error DictionaryParser::parseType(NpyHeader &header) {
  std::optional<StringRef> text = parseString();
  if (!text)
    return unexpected("a simple element type");
  StringRef code = *text;
  header.isBigEndian = code.starts_with(">");
  if (!code.empty() && StringRef("<>|=").contains(code.front()))
    code = code.drop_front();
  header.dtype = parseTypeCode(code);
  if (header.dtype == HALFTONE_DTYPE_INVALID)
    return createStringError("unsupported element type '" + escape(*text) + "'");
  hasType = true;
  return Error::success();
}

Error DictionaryParser::parseOrder(NpyHeader &header) {
  rest = rest.ltrim();
  header.isFortranOrder = rest.consume_front("True");
  if (!header.isFortranOrder && !rest.consume_front("False"))
    return unexpected("True or False");
  hasOrder = true;
  return Error::success();
}

Error DictionaryParser::parseShape(NpyHeader &header) {
  if (!consume('('))
    return unexpected("a tuple");
  while (!consume(')')) {
    rest = rest.ltrim();
    int64_t size;
    // Also refuses numbers beyond 64 bits.
    if (rest.consumeInteger(10, size))
      return unexpected("a size");
    rest.consume_front("L"); // as python 2 wrote it
    if (size < 0)
      return createStringError("a dimension is negative: " + Twine(size));
    header.dims.push_back(size);
    if (!consume(',') && !rest.ltrim().starts_with(")"))
      return unexpected("',' or ')'");
  }
  hasShape = true;
  return Error::success();
}

Error DictionaryParser::parseItem(NpyHeader &header) {
  std::optional<StringRef> key = parseString();
  if (!key || !consume(':'))
    return unexpected("a key");
  if (*key == "descr")
    return parseType(header);
  if (*key == "fortran_order")
    return parseOrder(header);
  if (*key == "shape")
    return parseShape(header);
  return createStringError("broken header: unknown key '" + escape(*key) + "'");
}

Expected<NpyHeader> DictionaryParser::parse() {
  NpyHeader header;
  if (!consume('{'))
    return unexpected("'{'");
  while (!consume('}')) {
    if (Error error = parseItem(header))
      return std::move(error);
    if (!consume(',') && !rest.ltrim().starts_with("}"))
      return unexpected("',' or '}'");
  }
  if (!hasType || !hasOrder || !hasShape)
    return createStringError("broken header: needs descr, fortran_order and shape");
  Expected<int64_t> bytes = arrayBytes(header.dtype, header.dims);
  if (!bytes)
    return bytes.takeError();
  return header;
}

/// Reads the length that follows the version: 16 bits in version 1, 32 later.
static Expected<size_t> readDictionaryLength(ByteSource &source) {
  uint8_t start[8];
  if (Error error = source.read(start, sizeof(start)))
    return std::move(error);
  if (StringRef(reinterpret_cast<char *>(start), magic.size()) != magic)
    return makeFileError(source.name(), "is not in numpy's file format");
  const uint8_t version = start[6];
  if (version < 1 || version > 3)
    return makeFileError(source.name(),
                         "unknown version " + Twine(unsigned(version)) + " of numpy's file format");
  uint8_t length[4] = {};
  if (Error error = source.read(length, version == 1 ? 2 : 4))
    return std::move(error);
  size_t bytes = support::endian::read32le(length);
  if (bytes > maxDictionary)
    return makeFileError(source.name(), "broken header: its length is " + Twine(bytes));
  return bytes;
}

Expected<NpyHeader> halftone::readNpyHeader(ByteSource &source) {
  Expected<size_t> length = readDictionaryLength(source);
  if (!length)
    return length.takeError();
  std::string dictionary(*length, ' ');
  if (Error error = source.read(dictionary.data(), dictionary.size()))
    return std::move(error);
  Expected<NpyHeader> header = DictionaryParser(dictionary).parse();
  if (!header)
    return makeFileError(source.name(), toString(header.takeError()));
  const auto bytes = static_cast<uint64_t>(arrayBytes(header->dtype, header->dims).get());
  if (bytes > source.sizeLimit())
    return makeFileError(source.name(),
                         "is too short for " + arrayType(header->dtype, header->dims));
  return header;
}

std::string halftone::encodeNpyHeader(halftone_dtype dtype, ArrayRef<int64_t> dims) {
  std::string shape = "(";
  for (int64_t size : dims)
    shape += std::to_string(size) + (dims.size() == 1 ? "," : ", ");
  if (dims.size() > 1)
    shape.resize(shape.size() - 2);
  std::string dictionary =
      ("{'descr': '" + typeCode(dtype) + "', 'fortran_order': False, 'shape': " + shape + "), }")
          .str();
  const size_t prefix = magic.size() + 4;
  size_t total = alignTo(prefix + dictionary.size() + 1, dataAlignment);
  dictionary.append(total - prefix - dictionary.size() - 1, ' ');
  dictionary += '\n';
  std::string header = magic.str() + std::string("\1\0", 2);
  header += static_cast<char>(dictionary.size() & 0xff);
  header += static_cast<char>(dictionary.size() >> 8);
  return header + dictionary;
}
