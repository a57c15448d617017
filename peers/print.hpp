// Printing as SCU over one association (PS3.4 Annex H): the printer is asked, a session made, films filled, printed and
// deleted. Tests: tests/loopback/peers_printer_test.cpp
#pragma once

#include "harness/service/print_render.hpp"
#include "peers/peers.hpp"

namespace assay::peers {

struct PrintRequest {
  std::vector<service::PrintImage> images;  // in the order of their positions; more films when one is full
  std::string format = "STANDARD\\1,1";     // Image Display Format
  bool color = false;                       // Basic Color Print Management
  unsigned copies = 1;
  std::string film_size = "14INX17IN";
  std::string orientation = "PORTRAIT";
  std::string medium = "BLUE FILM";
  std::string label;  // of the session; empty = none
};

/// One step of printing, as the printer answered it.
struct PrintStep {
  std::string what;  // "Film Session N-CREATE", "image 3 of film 1"
  std::uint16_t status = 0;
  std::string words;      // "0x0000 success", "0xB604 warning: ..."
  std::string comment;    // Error Comment of the printer
  std::string offending;  // name of the Offending Element
};

struct PrintResult {
  RequestorResult association;
  std::vector<PrintStep> steps;
  std::string printer_status;  // NORMAL, WARNING, FAILURE; empty: not told
  std::string printer_info;
  std::string printer_name;
  std::vector<std::string> events;  // notifications, in words
  std::vector<std::string> jobs;    // UIDs of Print Jobs
  std::size_t films = 0;            // printed
};

/// `done` is called once, from the loop. A failing step ends the film, what was created is deleted, and the
/// association is released. Failure::usage for no image or a format that is none.
void async_print(Loop& loop, const RequestorOptions& options, PrintRequest request,
                 std::function<void(PrintResult)> done);

}  // namespace assay::peers
