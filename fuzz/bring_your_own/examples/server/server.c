/* A small acceptor of C-ECHO that stands for a server of yours, with a planted bug: it looks at the associate request
 * more closely than its answers show. Three conditions, one within the other, and behind them it dies. Who sees its
 * answers alone cannot tell that the first two were met; who sees its code can. A child serves each association.
 *
 *     server PORT
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
#include <unistd.h>

static unsigned char pdu[1 << 16];
static unsigned char contexts[256]; /* by id: accepted */
static volatile int depth;          /* what the conditions write, so that none of them is optimised away */

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

/* The bug: an association of many requests. That so many is another case than a few no answer tells. */
static void look(int requests) {
  if (requests > 10) {
    depth = 1;
    if (requests > 40) {
      depth = 2;
      if (requests > 70) {
        depth = 3;
        raise(SIGSEGV);
      }
    }
  }
}

/* Among the sub-items of a context, the transfer syntax that it takes. */
static int takes(const unsigned char* at, size_t length, const char* syntax, size_t syntax_length) {
  while (length >= 4) {
    const size_t size = (size_t)(at[2] << 8 | at[3]);
    if (size > length - 4) return 0;
    if (at[0] == 0x40 && size == syntax_length && memcmp(at + 4, syntax, size) == 0) return 1;
    at += 4 + size;
    length -= 4 + size;
  }
  return 0;
}

/* Every context that proposes Implicit VR Little Endian is accepted. 0: this is no A-ASSOCIATE-RQ. */
static int associate(int peer, const unsigned char* rq, size_t length) {
  static const char application[] = "1.2.840.10008.3.1.1.1";
  static const char implicit[] = "1.2.840.10008.1.2";
  static unsigned char ac[1 << 15];
  unsigned char user[64];
  unsigned char context[64];
  size_t at = 68;
  size_t out = 74;
  size_t inner;
  if (length < 68) return 0;
  memset(ac, 0, 74);
  ac[0] = 2;
  memcpy(ac + 6, rq, 68);
  out += item(ac + out, 0x10, application, sizeof application - 1);
  while (at + 4 <= length) {
    const size_t size = (size_t)(rq[at + 2] << 8 | rq[at + 3]);
    if (size > length - at - 4) return 0;
    if (rq[at] == 0x20 && size >= 4 && out < sizeof ac - 256) {
      memset(context, 0, 4);
      context[0] = rq[at + 4];
      contexts[rq[at + 4]] = (unsigned char)takes(rq + at + 8, size - 4, implicit, sizeof implicit - 1);
      if (!contexts[rq[at + 4]]) context[2] = 4;
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
  return 1;
}

/* One whole command in one PDV: a C-ECHO-RQ is answered, a C-CANCEL-RQ is not. 0: everything else. */
static int command(int peer, const unsigned char* body, size_t length) {
  static const unsigned char head[] = {4,   0,   0,   0,   0,   84,  0,   0,   0,   80,  0,   3, /* P-DATA-TF, PDV */
                                       0,   0,   0,   0,   4,   0,   0,   0,   66,  0,   0,   0,
                                       0,   0,   2,   0,   18,  0,   0,   0, /* group length, class */
                                       '1', '.', '2', '.', '8', '4', '0', '.', '1', '0', '0', '0',
                                       '8', '.', '1', '.', '1', 0};
  static const unsigned elements[] = {0x0100, 0x8030, 0x0120, 0, 0x0800, 0x0101, 0x0900, 0};
  unsigned char rsp[128];
  size_t at = 6;
  size_t i;
  long field = -1;
  long id = -1;
  long data = -1;
  if (length < 6 || (body[5] & 3) != 3 || !contexts[body[4]]) return 0;
  if (((size_t)body[0] << 24 | (size_t)body[1] << 16 | (size_t)body[2] << 8 | body[3]) != length - 4) return 0;
  while (at + 8 <= length) {
    const size_t size =
        (size_t)body[at + 4] | (size_t)body[at + 5] << 8 | (size_t)body[at + 6] << 16 | (size_t)body[at + 7] << 24;
    const unsigned element = (unsigned)(body[at + 2] | body[at + 3] << 8);
    if (body[at] != 0 || body[at + 1] != 0 || size > length - at - 8) return 0;
    if (size == 2) {
      const long value = body[at + 8] | body[at + 9] << 8;
      if (element == 0x0100) field = value;
      if (element == 0x0110) id = value;
      if (element == 0x0800) data = value;
    }
    at += 8 + size;
  }
  if (field == 0x0fff) return 1;
  if (field != 0x0030 || id < 0 || data != 0x0101 || at != length) return 0;
  memcpy(rsp, head, sizeof head);
  rsp[10] = body[4];
  at = sizeof head;
  for (i = 0; i < 8; i += 2) {
    const unsigned value = elements[i] == 0x0120 ? (unsigned)id : elements[i + 1];
    const unsigned char element[10] = {0, 0, (unsigned char)elements[i], (unsigned char)(elements[i] >> 8), 2, 0,
                                       0, 0, (unsigned char)value,       (unsigned char)(value >> 8)};
    memcpy(rsp + at, element, sizeof element);
    at += sizeof element;
  }
  put16(rsp + 8, (unsigned)(at - 10));
  put16(rsp + 4, (unsigned)(at - 6));
  say(peer, rsp, at);
  return 1;
}

static void serve(int peer) {
  static const unsigned char release_rp[10] = {6, 0, 0, 0, 0, 4};
  static const unsigned char abort_by_provider[10] = {7, 0, 0, 0, 0, 4, 0, 0, 2, 0};
  int established = 0;
  int requests = 0;
  unsigned char head[6];
  while (take(peer, head, 6)) {
    const size_t length = (size_t)head[2] << 24 | (size_t)head[3] << 16 | (size_t)head[4] << 8 | head[5];
    int good = length <= sizeof pdu && take(peer, pdu, length);
    if (good && head[0] == 7) return;
    if (good && established && head[0] == 5) {
      say(peer, release_rp, 10);
      return;
    }
    if (head[0] == 1)
      good = good && !established && (established = associate(peer, pdu, length));
    else
      good = good && established && head[0] == 4 && command(peer, pdu, length);
    look(requests += head[0] == 4);
    if (!good) {
      say(peer, abort_by_provider, 10);
      return;
    }
  }
}

int main(int argc, char** argv) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  struct sockaddr_in here;
  memset(&here, 0, sizeof here);
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  here.sin_port = htons((uint16_t)atoi(argc > 1 ? argv[1] : "0"));
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (argc != 2 || bind(listener, (struct sockaddr*)&here, sizeof here) != 0 || listen(listener, 64) != 0) {
    perror("server PORT");
    return 1;
  }
  signal(SIGCHLD, SIG_IGN);
  for (;;) {
    const int peer = accept(listener, NULL, NULL);
    if (peer < 0) continue;
    if (fork() == 0) {
      close(listener);
      setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      serve(peer);
      _exit(0);
    }
    close(peer);
  }
}
