#include "harness/capture/endpoint.hpp"

#include <gtest/gtest.h>

namespace assay::capture {
namespace {

TEST(Endpoint, Reads_and_writes_addresses_of_both_families) {
  for (const auto* text : {"192.0.2.1:104", "0.0.0.0:0", "255.255.255.255:65535", "[2001:db8::1]:104", "[::]:1",
                           "[::1]:11112", "[1:2:3:4:5:6:7:8]:9", "[fe80::1:0:0:2]:1", "[::ffff:192.0.2.1]:104"}) {
    const auto read = endpoint(text);
    ASSERT_TRUE(read.has_value()) << text;
    EXPECT_EQ(to_text(*read), text);
  }
  EXPECT_EQ(to_text(*endpoint("2001:0db8:0:0:0:0:0:1", 7)), "[2001:db8::1]:7");
  EXPECT_EQ(to_text(*endpoint("1:0:0:2:0:0:0:3", 7)), "[1:0:0:2::3]:7");
  EXPECT_EQ(to_text(*endpoint("[fe80::1%eth0]:104")), "[fe80::1]:104");
  EXPECT_EQ(to_text(as_ipv6(*endpoint("192.0.2.1:104"))), "[::ffff:192.0.2.1]:104");
}

TEST(Endpoint, Refuses_what_is_no_numeric_address) {
  for (const auto* text : {"", ":", "host:104", "1.2.3:104", "1.2.3.4.5:104", "1.2.3.256:1", "1.2.3.4", "1.2.3.4:65536",
                           "1.2.3.4:x", "::1:104", "[::1:2::3]:1", "[1:2:3]:1", "[12345::]:1", "[1:2:3:4:5:6:7:8:9]:1",
                           "[::1]", "[1:2:3:4:5:6:7:]:1", "[::1.2.3]:1"}) {
    EXPECT_FALSE(endpoint(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace assay::capture
