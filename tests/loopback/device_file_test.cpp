// Files of devices: right ones become descriptions, the schema is the generated one, and whatever is done to a file it
// is read or refused with a place inside it.
#include "harness/app/device_file.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "harness/version.hpp"

namespace assay::app {
namespace {

std::string read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

const std::filesystem::path folder = std::filesystem::path(ASSAY_SOURCE_DIR) / "peers" / "devices";

TEST(DeviceFile, Everything_that_is_said_stands_in_the_descriptions) {
  const auto devices = load_devices(R"(<devices>
  <archive name="pacs" ae-title="PACS" port="0" address="::1" check-called="yes" max-associations="3" artim="2s"
           idle-timeout="1m" judging="no" quiet="yes" faults="f.xml" folder="/data" index="memory" with-patients="yes"
           sync="no" sop-classes="CTImageStorage 1.2.3" commitment="never" commitment-delay="500ms"
           commitment-fail-every="4">
    <tls cert="c.pem" no-verify="yes"/>
    <destination device="ris" ae="X"/><destination target="WS@h:104"/>
  </archive>
  <ris schedule="s.csv"/>
  <printer port="0" folder="p" gray-only="yes" collation="no" dots-per-inch="75" queue="2" job-time="3s"/>
  <modality every="5s" modality="CT" station="CT1" date="today" instances="9" out="o" timeout="1s">
    <worklist device="ris"/><mpps target="h:1"/></modality>
  <archive name="hole" port="0" ignore="yes"/>
</devices>)",
                                    "here/d.xml");
  ASSERT_TRUE(devices) << scenario::to_string(devices.error().front());
  ASSERT_EQ(devices->size(), 5U);
  const auto& a = devices->at(0);
  EXPECT_EQ(a.kind, DeviceKind::archive);
  EXPECT_EQ(a.name + a.ae_title + a.address, "pacsPACS::1");
  EXPECT_EQ(a.port, 0);
  EXPECT_TRUE(a.check_called && !a.judge && a.quiet && a.tls.on && a.tls.no_verify);
  EXPECT_EQ(a.max_associations, 3U);
  EXPECT_EQ(a.artim, std::chrono::seconds(2));
  EXPECT_EQ(a.idle_timeout, std::chrono::minutes(1));
  EXPECT_EQ(a.faults + a.tls.certificate, "here/f.xmlhere/c.pem") << "files are meant from the folder of the file";
  EXPECT_EQ(a.folder, "/data");
  EXPECT_EQ(a.archive.index, "memory");
  EXPECT_TRUE(a.archive.with_patients && !a.archive.sync);
  EXPECT_TRUE(!a.archive.ignore && devices->at(4).archive.ignore);
  EXPECT_THAT(a.archive.sop_classes, testing::ElementsAre("1.2.840.10008.5.1.4.1.1.2", "1.2.3"));
  EXPECT_EQ(a.archive.commitment, "never");
  EXPECT_EQ(a.archive.commitment_delay, std::chrono::milliseconds(500));
  EXPECT_EQ(a.archive.commitment_fail_every, 4U);
  ASSERT_EQ(a.archive.destinations.size(), 2U);
  EXPECT_EQ(a.archive.destinations[0].device + a.archive.destinations[0].ae_title, "risX");
  EXPECT_EQ(a.archive.destinations[1].ae_title, "WS");
  EXPECT_EQ(a.place("port"), "here/d.xml:2:46: ");
  EXPECT_EQ(devices->at(1).name, "ris") << "the kind where no name is said";
  EXPECT_EQ(devices->at(1).ris.schedule, "here/s.csv");
  const auto& p = devices->at(2).printer;
  EXPECT_TRUE(p.gray_only && p.no_collation);
  EXPECT_EQ(p.dots_per_inch * 100 + p.queue, 7502U);
  EXPECT_EQ(p.job_time, std::chrono::seconds(3));
  const auto& m = devices->at(3).modality;
  EXPECT_EQ(m.every, std::chrono::seconds(5));
  EXPECT_EQ(m.modality + m.station + m.date + m.out, "CTCT1todayhere/o");
  EXPECT_EQ(m.instances, 9U);
  EXPECT_EQ(m.worklist.device + m.mpps.target, "rish:1");
  EXPECT_FALSE(m.archive.given());
}

TEST(DeviceFile, The_committed_schema_is_the_generated_one) {
  const auto path = folder / "devices.xsd";
  if (std::getenv("ASSAY_WRITE_XSD") != nullptr) std::ofstream(path, std::ios::binary) << devices_xsd();
  EXPECT_TRUE(read(path) == devices_xsd()) << "run this test once with ASSAY_WRITE_XSD=1 in the environment";
}

TEST(DeviceFile, However_a_file_is_cut_or_changed_it_is_read_or_refused_with_a_place) {
  for (const auto& entry : std::filesystem::directory_iterator(folder / "examples")) {
    const auto text = read(entry.path());
    ASSERT_TRUE(load_devices(text, "d.xml")) << entry.path();
    for (std::size_t at = 0; at < text.size(); at += 3) {
      auto changed = text;
      changed[at] = static_cast<char>(changed[at] ^ 0x11);
      for (const auto& tried : {text.substr(0, at), changed}) {
        const auto loaded = load_devices(tried, "d.xml");
        if (loaded) continue;
        ASSERT_FALSE(loaded.error().empty());
        for (const auto& error : loaded.error()) EXPECT_TRUE(error.line >= 1 && error.column >= 1) << error.message;
      }
    }
  }
}

TEST(DeviceFile, There_is_an_end_to_devices) {
  std::string text = "<devices>";
  for (std::size_t i = 0; i <= max_devices; ++i) text += "<archive port=\"0\" name=\"a" + std::to_string(i) + "\"/>";
  const auto loaded = load_devices(text + "</devices>", "d.xml");
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().front().message, testing::HasSubstr("at most 64 devices"));
}

}  // namespace
}  // namespace assay::app
