// GDCM as Debian packages it is built with its assertions, and many of them are about the input: a wrong byte ends the
// process. The differential target takes an assertion for a refusal that names it, and goes on with the next input;
// what GDCM held is lost then, so leaks are not looked for. The target that only parses lets assertions be the crashes
// that they are for who uses this package. The same goes for memory asked for because a length claims it: the target
// refuses more than 64 MB at once, as a machine may.
#pragma once

#include <csetjmp>
#include <string>

struct Assertion {
  std::jmp_buf back;
  bool armed = false;
  bool greedy = false;  // more than 64 MB were asked for
  std::string text;
};

extern Assertion assertion;
