/* A small acceptor of C-ECHO that looks at the associate request more closely than its answers show: three conditions, one
 * within the other, and behind them it dies. Its states and answers are the same on the way there, so only who sees its code
 * knows of the first two. Shares no code with Assay; only for tests over loopback.
 *
 *     server PORT [fork]      fork: a child for each association
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned char pdu[1 << 16];
static volatile int depth; /* what the conditions write, so that none is optimised away */

static int take(int peer, unsigned char* into, size_t count) {
  while (count > 0) {
    const ssize_t got = recv(peer, into, count, 0);
    if (got <= 0) return 0;
    into += got;
    count -= (size_t)got;
  }
  return 1;
}

static void say(int peer, const void* bytes, size_t count) { (void)!send(peer, bytes, count, MSG_NOSIGNAL); }

/* The reserved bytes behind the AE titles: "not tested to this value when received" (PS3.8 9.3.2). */
static void look(const unsigned char* reserved) {
  int i;
  int high = 0;
  for (i = 0; i < 32; ++i) high += reserved[i] >= 0x80;
  if (high >= 1) {
    depth = 1;
    if (high >= 2) {
      depth = 2;
      if (high >= 3) {
        depth = 3;
        raise(SIGSEGV);
      }
    }
  }
}

static void put16(unsigned char* at, unsigned value) {
  at[0] = (unsigned char)(value >> 8);
  at[1] = (unsigned char)value;
}

static size_t item(unsigned char* at, unsigned char type, const void* content, size_t length) {
  at[0] = type;
  at[1] = 0;
  put16(at + 2, (unsigned)length);
  memcpy(at + 4, content, length);
  return length + 4;
}

/* Every context is accepted in Implicit VR Little Endian. */
static void accept_association(int peer, const unsigned char* rq, size_t length) {
  static const char application[] = "1.2.840.10008.3.1.1.1";
  static const char implicit[] = "1.2.840.10008.1.2";
  static unsigned char ac[1 << 15];
  unsigned char user[64];
  unsigned char context[64];
  size_t at = 68;
  size_t out = 6;
  size_t inner;
  memset(ac, 0, 74);
  ac[0] = 2;
  memcpy(ac + 6, rq, 68);
  out += 68;
  out += item(ac + out, 0x10, application, sizeof application - 1);
  while (at + 8 <= length && out < sizeof ac - 256) {
    const size_t size = (size_t)(rq[at + 2] << 8 | rq[at + 3]);
    if (rq[at] == 0x20) {
      memset(context, 0, 4);
      context[0] = rq[at + 4];
      inner = 4 + item(context + 4, 0x40, implicit, sizeof implicit - 1);
      out += item(ac + out, 0x21, context, inner);
    }
    at += 4 + size;
  }
  inner = item(user, 0x51, "\0\0\x40\0", 4);
  inner += item(user + inner, 0x52, "1.2.826.0.1.3680043.10.999.8", 28);
  out += item(ac + out, 0x50, user, inner);
  put16(ac + 4, (unsigned)(out - 6));
  say(peer, ac, out);
}

/* A C-ECHO-RSP to whatever command comes whole in one PDV. */
static int answer_command(int peer, const unsigned char* body, size_t length) {
  unsigned char rsp[128] = {4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3};
  unsigned char* c = rsp + 12;
  size_t at = 6;
  unsigned id = 0;
  static const char verification[18] = "1.2.840.10008.1.1";
  if (length < 6 || (body[5] & 3) != 3) return 0;
  while (at + 8 <= length) {
    const size_t size = (size_t)(body[at + 4] | body[at + 5] << 8);
    if (body[at] == 0 && body[at + 1] == 0 && body[at + 2] == 0x10 && body[at + 3] == 1 && size == 2 && at + 10 <= length)
      id = (unsigned)(body[at + 8] | body[at + 9] << 8);
    at += 8 + size;
  }
#define US(element, value)                                                                                      \
  do {                                                                                                          \
    const unsigned char field[10] = {0, 0, (element) & 255, (element) >> 8, 2, 0, 0, 0, (value) & 255, (value) >> 8}; \
    memcpy(c, field, 10);                                                                                       \
    c += 10;                                                                                                    \
  } while (0)
  {
    const unsigned char group[12] = {0, 0, 0, 0, 4, 0, 0, 0, 66, 0, 0, 0};
    const unsigned char uid[8] = {0, 0, 2, 0, 18, 0, 0, 0};
    memcpy(c, group, 12);
    memcpy(c + 12, uid, 8);
    memcpy(c + 20, verification, 18);
    c += 38;
  }
  US(0x0100, 0x8030);
  US(0x0120, (unsigned char)id == id ? id : id & 0xffff);
  US(0x0800, 0x0101);
  US(0x0900, 0x0000);
  rsp[10] = body[4];
  put16(rsp + 8, (unsigned)(c - rsp - 10));
  put16(rsp + 4, (unsigned)(c - rsp - 6));
  say(peer, rsp, (size_t)(c - rsp));
  return 1;
}

static void serve(int peer) {
  static const unsigned char release[10] = {6, 0, 0, 0, 0, 4};
  static const unsigned char abort_by_provider[10] = {7, 0, 0, 0, 0, 4, 0, 0, 2, 0};
  int established = 0;
  for (;;) {
    unsigned char head[6];
    size_t length;
    if (!take(peer, head, 6)) return;
    length = (size_t)head[2] << 24 | (size_t)head[3] << 16 | (size_t)head[4] << 8 | head[5];
    if (length > sizeof pdu || !take(peer, pdu, length)) return;
    if (head[0] == 1 && !established && length >= 68) {
      look(pdu + 36);
      accept_association(peer, pdu, length);
      established = 1;
    } else if (head[0] == 4 && established) {
      if (!answer_command(peer, pdu, length)) {
        say(peer, abort_by_provider, 10);
        return;
      }
    } else if (head[0] == 5 && established) {
      say(peer, release, 10);
      return;
    } else {
      if (head[0] != 7) say(peer, abort_by_provider, 10);
      return;
    }
  }
}

int main(int argc, char** argv) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  const int forks = argc > 2 && strcmp(argv[2], "fork") == 0;
  struct sockaddr_in here;
  memset(&here, 0, sizeof here);
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  here.sin_port = htons((uint16_t)atoi(argc > 1 ? argv[1] : "0"));
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr*)&here, sizeof here) != 0 || listen(listener, 64) != 0) {
    perror("server PORT");
    return 1;
  }
  if (forks) signal(SIGCHLD, SIG_IGN);
  for (;;) {
    const int peer = accept(listener, NULL, NULL);
    if (peer < 0) continue;
    setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (forks) {
      if (fork() == 0) {
        serve(peer);
        _exit(0);
      }
    } else {
      serve(peer);
    }
    close(peer);
  }
}
