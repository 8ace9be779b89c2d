// Paths and headers as a server's routes see them.
#include <gtest/gtest.h>

#include "tools/memo-serve/http/http_message.h"

namespace memo::test {
namespace {

TEST(HttpMessage, APathIsDecodedWhereItHasTriplets) {
  EXPECT_EQ(percent_decoded("/models/my%20model/embed"), "/models/my model/embed");
  EXPECT_EQ(percent_decoded("/%C3%a9%2F"), "/\xC3\xA9/");
  EXPECT_EQ(percent_decoded("%2525"), "%25");
  EXPECT_EQ(percent_decoded(""), "");
}

TEST(HttpMessage, WhatIsNoTripletStaysAsItIs) {
  for (const char* path : {"%", "%2", "/a%", "/a%2", "%zz", "%2g", "%-1", "%+1", "% 1", "%0x"})
    EXPECT_EQ(percent_decoded(path), path);
}

TEST(HttpMessage, AHeaderIsFoundByItsLowerCaseName) {
  HttpRequest request;
  request.headers = {{"accept", "a"}, {"x-key", ""}, {"x-key", "second"}};
  EXPECT_EQ(request.header("accept"), "a");
  EXPECT_EQ(request.header("x-key"), "");
  EXPECT_FALSE(request.header("Accept"));
}

}  // namespace
}  // namespace memo::test
