// A small acceptor of associations (PS3.8) that performs C-ECHO, C-STORE and C-FIND (PS3.7): bytes in, bytes out.
#pragma once

#include <utility>

#include "dataset.hpp"

namespace planted {

// --- associate.cpp: A-ASSOCIATE-RQ and -AC (PS3.8 9.3.2, 9.3.3, PS3.7 D.3.3)

struct Context {
  std::uint8_t id = 0;
  std::string abstract_syntax;
  std::vector<std::string> offered;  // transfer syntaxes
  const Syntax* accepted = nullptr;  // none: refused
  std::uint8_t result = 0;
};

struct Association {
  std::uint16_t version = 0;
  std::string called;
  std::string calling;
  std::string application_context;
  std::uint32_t max_length = 0;  // of a P-DATA-TF that the peer takes; 0: any
  std::vector<Context> contexts;
  std::size_t roles = 0;
  std::size_t extended = 0;  // bytes of service class application information
  std::string log;           // one line about it
};

inline constexpr std::uint32_t smallest_max_length = 64;  // below it an answer would take too many PDUs

Association read_associate_rq(View body);
// Decides each context; the answer.
Bytes negotiate(Association& association);

// --- command.cpp: command sets (PS3.7 6.3, E.1), implicit VR little endian, by element number of group 0000

class Command {
 public:
  Command() = default;
  explicit Command(View bytes);
  // US; the command is malformed without it.
  std::uint16_t number(std::uint16_t element) const;
  bool has(std::uint16_t element) const { return elements_.contains(element); }
  std::string uid(std::uint16_t element) const;

 private:
  std::map<std::uint16_t, std::unique_ptr<Bytes>> elements_;
};

struct Answer {
  std::vector<std::pair<std::uint16_t, Bytes>> elements;
  void add(std::uint16_t element, std::uint16_t value);
  void add(std::uint16_t element, const std::string& uid);
  Bytes encoded() const;
};

// --- services.cpp: what the operations do

// The objects stored, in memory, under the path that a file would have.
class Archive {
 public:
  Archive();
  // The status of PS3.7 9.1.1.1.9 and PS3.4 B.2.3.
  std::uint16_t store(const std::string& calling, const std::string& uid, View data_set, const Syntax& syntax);
  // Identifiers that match: none or one, the instance stored last.
  std::vector<std::string> find(View identifier, const Syntax& syntax) const;

 private:
  static constexpr std::size_t most = 4;  // instances
  struct Instance {
    std::string path;
    std::string uid;
    std::size_t bytes = 0;
  };
  Instance& slot_for(const std::string& path);

  std::size_t count_ = 0;
  std::unique_ptr<std::unique_ptr<Instance>[]> slots_;
  const Instance* last_ = nullptr;  // stored
};

struct Message {
  const Context* context = nullptr;
  Bytes command_bytes;
  Bytes data;
  Command command;
  bool data_complete = false;
};

// --- server.cpp, pdata.cpp

class Server {
 public:
  Server() = default;
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() { delete message_; }
  // Takes what came from the connection, gives what to send.
  Bytes feed(View bytes);
  bool closed() const { return state_ == State::closed; }
  // Whether this side ended the association for what the peer sent.
  bool refused() const { return refused_; }

 private:
  enum class State { idle, established, closed };

  void handle(std::uint8_t type, View body);
  void associate(View body);
  void abort(std::uint8_t reason);
  void send(std::uint8_t type, View body);
  void send_data(const Context& context, bool is_command, View bytes);
  // pdata.cpp
  void p_data(View body);
  void value(std::uint8_t id, std::uint8_t control, View fragment);
  const Context* context(std::uint8_t id) const;
  void complete();
  // services.cpp
  static bool announces_data(const Command& command);
  void perform(const Message& message);
  void cancel(const Command& command);

  State state_ = State::idle;
  bool refused_ = false;
  Bytes input_;
  Bytes output_;
  std::unique_ptr<Association> association_;
  Message* message_ = nullptr;          // being assembled
  Message* active_ = nullptr;           // the one whose data set is being assembled, else none
  std::map<std::uint16_t, int> finds_;  // pending answers to cancel, by message id
  Archive archive_;
};

inline constexpr std::uint32_t max_pdu = 65536;       // bytes of a PDU that is taken
inline constexpr std::size_t max_message = 1U << 20;  // bytes of a command set or data set

}  // namespace planted
