// SPDX-License-Identifier: MIT
#pragma GCC diagnostic ignored "-Wsized-deallocation"
// A program that replaces new and delete, in their basic forms only: the library's other
// forms must go on calling these.
#include "tests/interpose/check.h"

#include <cstdio>
#include <new>
#include <string>
#include <vector>

namespace
{
std::size_t taken, given;
alignas(16) char arena[4 << 20];
std::size_t used;
} // namespace

void *operator new(std::size_t bytes)
{
	void *block = arena + used;

	used += (bytes + 15) & ~std::size_t(15);
	CHECK(used <= sizeof(arena));
	taken++;
	return block;
}

void operator delete(void *block) noexcept
{
	if (!block)
		return;
	CHECK(block >= arena && block < arena + sizeof(arena));
	given++;
}

int main()
{
	std::size_t before = taken - given;
	int *volatile one = new int(1);
	int *volatile many = new int[100];
	int *volatile quiet = new (std::nothrow) int;

	CHECK(taken >= 3);
	delete one;
	delete[] many;
	delete quiet;
	{
		std::vector<std::string> texts(
			50, "a text that is too long for the string itself");
		CHECK(texts.size() == 50);
	}
	CHECK(taken - given == before);
	std::puts("the program's own operators served it");
	return 0;
}
