#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# make-inputs.sh FOLDER: what the programs of programs.list read, the same bytes each time.
set -eu
cd "$1"

# Words of varying frequency, about 3 MB.
awk 'BEGIN {
  split("the of and a stair to in page line cache window counter is that level memory huge it for as with", word, " ")
  state = 1
  for (line = 0; line < 40000; line++) {
    text = ""
    for (i = 0; i < 14; i++) {
      state = (state * 16807) % 2147483647
      pick = int((state % 1000) * (state % 997) / 1000000 * 40) + 1
      text = text (pick in word ? word[pick] : sprintf("w%x", state % 5000)) " "
    }
    print text
  }
}' >text.txt

awk 'BEGIN {
  state = 7
  for (i = 0; i < 200000; i++) {
    state = (state * 16807) % 2147483647
    printf "%d w%d\n", state % 100000, state % 7919
  }
}' >lines.txt

# Functions that an optimiser has something to do with.
awk 'BEGIN {
  for (i = 0; i < 120; i++) {
    printf "struct s%d { int a[%d]; double b; struct s%d *next; };\n", i, i % 9 + 1, i
    printf "int f%d(struct s%d *s, int n)\n{\n\tint t = %d;\n", i, i, i
    printf "\tfor (int i = 0; i < n; i++)\n\t\tfor (struct s%d *p = s; p; p = p->next)\n", i
    printf "\t\t\tt += p->a[i %% %d] * (i ^ %d) + (int)p->b;\n", i % 9 + 1, i
    printf "\tswitch (t %% 7) { case 0: t *= 3; break; case 1: t -= n; break; default: t ^= %d; }\n", i * 31
    if (i) printf "\treturn n > 3 ? f%d((struct s%d *)0, n - 1) + t : t;\n}\n", i - 1, i - 1
    else printf "\treturn t;\n}\n"
  }
  print "#ifdef MAIN\n#include <stdio.h>\nint main(void) { printf(\"%d\\n\", f119(0, 10)); }\n#endif"
}' >large.c

cat >templates.cc <<'END'
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <regex>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>
template <int N> struct node {
	std::map<std::string, std::vector<std::variant<int, double, std::string>>> t;
	std::function<int(int)> f = [](int x) { return x + N; };
	std::unique_ptr<node<N - 1>> child = std::make_unique<node<N - 1>>();
	int sum() { return f(static_cast<int>(t.size())) + child->sum(); }
};
template <> struct node<0> { int sum() { return 0; } };
int use(const std::string &s)
{
	std::unordered_map<std::string, std::regex> m;
	m.emplace(s, std::regex(s));
	std::vector<int> v(100);
	std::sort(v.begin(), v.end(), std::greater<>());
	return node<25>().sum() + static_cast<int>(m.size()) + v[3];
}
END
