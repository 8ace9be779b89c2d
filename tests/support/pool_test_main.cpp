// The main of tests that open pools: their folder is seldom on DAX, where every persist would be an msync.
#include <gtest/gtest.h>

#include "memod/store/pool/pool.h"

int main(int argc, char** argv) {
  memo::emulate_persistent_memory();
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
