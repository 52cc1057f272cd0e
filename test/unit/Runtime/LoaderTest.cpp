// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TestSession.h"

#include "halftone/IO/ModuleTrailer.h"

#include "llvm/Support/FileSystem.h"

#include <cstring>
#include <fstream>
#include <iterator>

using namespace halftone_test;
using ::testing::Test;

namespace {

using Bytes = std::vector<char>;

/// A changed copy of the test module.
class Loader : public Test {
protected:
  Loader() {
    std::ifstream file(TEST_MODULE, std::ios::binary);
    content.assign(std::istreambuf_iterator<char>(file), {});
    std::memcpy(&trailer, content.data() + content.size() - sizeof(trailer), sizeof(trailer));
    EXPECT_FALSE(llvm::sys::fs::createTemporaryFile("module", "so", path));
  }
  ~Loader() override { EXPECT_FALSE(llvm::sys::fs::remove(path)); }

  void write(const Bytes &bytes) {
    std::ofstream(path.c_str(), std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }

  halftone_status load(const halftone_load_options *options = nullptr) {
    error = {};
    halftone_module *module = nullptr;
    halftone_status status = halftone_load(path.c_str(), options, &module, &error);
    EXPECT_EQ(module != nullptr, status == HALFTONE_STATUS_OK);
    EXPECT_EQ(error.status, status);
    halftone_unload(module);
    return status;
  }

  /// Expects a refusal whose message names the file and says `what`.
  void expectRefused(halftone_status status, const std::string &what) {
    EXPECT_EQ(load(), status);
    EXPECT_NE(std::string(error.message).find(path.c_str()), std::string::npos) << error.message;
    EXPECT_NE(std::string(error.message).find(what), std::string::npos) << error.message;
  }

  void setTrailer(const halftone_trailer &changed) {
    std::memcpy(content.data() + content.size() - sizeof(changed), &changed, sizeof(changed));
  }

  Bytes content;
  halftone_trailer trailer;
  llvm::SmallString<128> path;
  halftone_error error = {};
};

} // namespace

TEST_F(Loader, LoadsWhatAppendTrailerCompleted) {
  write(content);
  EXPECT_EQ(load(), HALFTONE_STATUS_OK);
  EXPECT_EQ(trailer.weights_size, 65536u);
  EXPECT_EQ(trailer.weights_offset % 4096, 0u);
  EXPECT_EQ(trailer.file_size, content.size());
}

TEST_F(Loader, DescribesTheModule) {
  halftone_module *module = loadTestModule();
  const halftone_module_descriptor *descriptor = halftone_module_describe(module);
  EXPECT_STREQ(descriptor->target_cpu, "x86-64");
  EXPECT_EQ(static_cast<const float *>(descriptor->weights)[2], 4.0f);
  EXPECT_EQ(halftone_module_find_entry(module, "add"), 0);
  EXPECT_EQ(halftone_module_find_entry(module, "none"), -1);
  EXPECT_EQ(halftone_module_file_size(module), content.size());
  halftone_unload(module);
}

TEST_F(Loader, RefusesAMissingFile) {
  ASSERT_FALSE(llvm::sys::fs::remove(path));
  expectRefused(HALFTONE_STATUS_NOT_FOUND, "No such file");
}

TEST_F(Loader, RefusesAFolder) {
  halftone_module *module;
  EXPECT_EQ(halftone_load("/", nullptr, &module, &error), HALFTONE_STATUS_NOT_A_MODULE);
}

TEST_F(Loader, RefusesOtherFiles) {
  write(Bytes(1000, 'x'));
  expectRefused(HALFTONE_STATUS_NOT_A_MODULE, "not a halftone module");
  write({});
  expectRefused(HALFTONE_STATUS_NOT_A_MODULE, "not a halftone module");
  // A library as the linker wrote it.
  write(Bytes(content.begin(), content.end() - sizeof(trailer)));
  expectRefused(HALFTONE_STATUS_NOT_A_MODULE, "a library, but not a halftone module");
}

// Whatever the length that is left, the message must speak of the missing end.
TEST_F(Loader, RefusesATruncatedFile) {
  for (size_t size : {size_t(40), content.size() / 2, content.size() - 65, content.size() - 1}) {
    write(Bytes(content.begin(), content.begin() + static_cast<ptrdiff_t>(size)));
    expectRefused(HALFTONE_STATUS_TRUNCATED, "truncated");
  }
}

TEST_F(Loader, RefusesAFileThatLostItsMiddle) {
  content.erase(content.begin() + 5000, content.begin() + 9000);
  write(content);
  expectRefused(HALFTONE_STATUS_TRUNCATED, "was written with");
}

TEST_F(Loader, RefusesAChangedByte) {
  content[100] ^= 1;
  write(content);
  expectRefused(HALFTONE_STATUS_ALTERED, "content does not match its hash");
}

TEST_F(Loader, RefusesAChangedTrailer) {
  halftone_trailer changed = trailer;
  changed.weights_size -= 4096;
  setTrailer(changed);
  write(content);
  expectRefused(HALFTONE_STATUS_ALTERED, "content does not match its hash");
  changed.weights_size = UINT64_MAX;
  setTrailer(changed);
  write(content);
  expectRefused(HALFTONE_STATUS_ALTERED, "trailer is inconsistent");
}

// Small weights are checked, and any weights on request; the option to skip it is for those who
// have checked already.
TEST_F(Loader, RefusesChangedWeights) {
  content[trailer.weights_offset + 60000] ^= 1;
  write(content);
  expectRefused(HALFTONE_STATUS_ALTERED, "weights do not match their hash");
  halftone_load_options never = {sizeof(never), HALFTONE_VERIFY_WEIGHTS_NEVER};
  EXPECT_EQ(load(&never), HALFTONE_STATUS_OK);
}

TEST_F(Loader, RefusesAnotherInterfaceVersion) {
  halftone_trailer changed = trailer;
  changed.abi_version = 99;
  setTrailer(changed);
  write(content);
  expectRefused(HALFTONE_STATUS_WRONG_ABI, "version 99");
}

TEST_F(Loader, RefusesAnotherCpu) {
  content.resize(content.size() - sizeof(trailer));
  write(content);
  uint64_t all = HALFTONE_CPU_BIT(HALFTONE_CPU_AMXFP16) | UINT64_C(1) << 63;
  ASSERT_FALSE(halftone::appendTrailer(path, all));
  expectRefused(HALFTONE_STATUS_WRONG_CPU, "this machine lacks");
  // A bit this version does not know cannot be there.
  EXPECT_NE(std::string(error.message).find("(unknown)"), std::string::npos) << error.message;
}

TEST_F(Loader, AsksForAmxWhenTheModuleNeedsIt) {
  uint64_t amx = HALFTONE_CPU_BIT(HALFTONE_CPU_AMXTILE);
  if (!(halftone_cpu_features() & amx))
    GTEST_SKIP() << "no AMX on this machine";
  content.resize(content.size() - sizeof(trailer));
  write(content);
  ASSERT_FALSE(halftone::appendTrailer(path, amx));
  EXPECT_EQ(load(), HALFTONE_STATUS_OK) << error.message;
}

// The tables of these modules are wrong although their files are whole.
TEST_F(Loader, RefusesABadDescriptor) {
  halftone_module *module;
  EXPECT_EQ(halftone_load(TEST_MODULE_ABI, nullptr, &module, &error), HALFTONE_STATUS_WRONG_ABI);
  EXPECT_NE(std::string(error.message).find("version 7"), std::string::npos) << error.message;
  EXPECT_EQ(halftone_load(TEST_MODULE_RANK, nullptr, &module, &error),
            HALFTONE_STATUS_NOT_A_MODULE);
  EXPECT_NE(std::string(error.message).find("too many dimensions"), std::string::npos)
      << error.message;
  EXPECT_EQ(halftone_load(TEST_MODULE_LAYER, nullptr, &module, &error),
            HALFTONE_STATUS_NOT_A_MODULE);
  EXPECT_NE(std::string(error.message).find("a layer of a negative size"), std::string::npos)
      << error.message;
}

// The dynamic linker remembers libraries by name; a recompiled model must not give the old one.
TEST_F(Loader, SeesAReplacedFile) {
  write(content);
  halftone_module *first, *second;
  ASSERT_EQ(halftone_load(path.c_str(), nullptr, &first, nullptr), HALFTONE_STATUS_OK);
  ASSERT_FALSE(llvm::sys::fs::remove(path));
  write(content);
  ASSERT_EQ(halftone_load(path.c_str(), nullptr, &second, nullptr), HALFTONE_STATUS_OK);
  EXPECT_NE(halftone_module_describe(first), halftone_module_describe(second));
  halftone_unload(first);
  halftone_unload(second);
}

TEST_F(Loader, RefusesBadOptions) {
  write(content);
  halftone_load_options options = {1, HALFTONE_VERIFY_WEIGHTS_SMALL};
  EXPECT_EQ(load(&options), HALFTONE_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(halftone_load(nullptr, nullptr, nullptr, nullptr), HALFTONE_STATUS_INVALID_ARGUMENT);
}

TEST(CpuFeatures, HaveNames) {
  EXPECT_STREQ(halftone_cpu_feature_name(HALFTONE_CPU_AVX512VNNI), "avx512vnni");
  EXPECT_EQ(halftone_cpu_feature_name(63), nullptr);
#if defined(__x86_64__)
  EXPECT_EQ((halftone_cpu_features() & HALFTONE_CPU_BIT(HALFTONE_CPU_AVX2)) != 0,
            __builtin_cpu_supports("avx2") != 0);
  EXPECT_EQ((halftone_cpu_features() & HALFTONE_CPU_BIT(HALFTONE_CPU_AVX512VNNI)) != 0,
            __builtin_cpu_supports("avx512vnni") != 0);
  EXPECT_EQ((halftone_cpu_features() & HALFTONE_CPU_BIT(HALFTONE_CPU_AVX512BF16)) != 0,
            __builtin_cpu_supports("avx512bf16") != 0);
  EXPECT_EQ((halftone_cpu_features() & HALFTONE_CPU_BIT(HALFTONE_CPU_F16C)) != 0,
            __builtin_cpu_supports("f16c") != 0);
#endif
}
