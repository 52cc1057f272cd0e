// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef HALFTONE_TEST_UNIT_NUMERICS_RANDOM_H
#define HALFTONE_TEST_UNIT_NUMERICS_RANDOM_H

#include <cmath>
#include <cstdint>
#include <vector>

namespace halftone::testing {

/// The same numbers on every machine and with every standard library (splitmix64).
class Random {
public:
  explicit Random(uint64_t seed) : state(seed) {}

  uint64_t bits() {
    uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  uint64_t below(uint64_t bound) { return bits() % bound; }
  /// In (0, 1).
  double uniform() { return (double(bits() >> 11) + 0.5) * 0x1p-53; }
  double gauss() {
    double radius = std::sqrt(-2 * std::log(uniform()));
    return radius * std::cos(2 * M_PI * uniform());
  }
  double laplace() {
    double u = uniform() - 0.5;
    return u < 0 ? std::log(1 + 2 * u) : -std::log(1 - 2 * u);
  }
  /// Student's t with three degrees of freedom.
  double studentT3() {
    double a = gauss(), b = gauss(), c = gauss();
    return gauss() / std::sqrt((a * a + b * b + c * c) / 3);
  }

  std::vector<float> gaussian(size_t size, double deviation = 1) {
    std::vector<float> values(size);
    for (float &value : values)
      value = float(gauss() * deviation);
    return values;
  }

private:
  uint64_t state;
};

} // namespace halftone::testing

#endif // HALFTONE_TEST_UNIT_NUMERICS_RANDOM_H
