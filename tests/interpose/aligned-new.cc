// SPDX-License-Identifier: MIT
// C++'s operators in all their forms, aligned ones among them, arrive at the interposer
// and keep their rules: bad_alloc, nothrow, the new handler.
#include "tests/interpose/check.h"

#include <cstdio>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <vector>

namespace
{

struct alignas(256) wide {
	char bytes[300];
};

struct alignas(8192) pages {
	char bytes[10000];
};

template <class T> void check_aligned()
{
	std::vector<std::unique_ptr<T>> one;

	for (int i = 0; i < 20; i++) {
		one.emplace_back(new T);
		CHECK(reinterpret_cast<std::uintptr_t>(one.back().get()) % alignof(T) ==
			0);
	}
	T *many = new T[7];
	CHECK(reinterpret_cast<std::uintptr_t>(many) % alignof(T) == 0);
	delete[] many;
	T *quiet = new (std::nothrow) T;
	CHECK(quiet && reinterpret_cast<std::uintptr_t>(quiet) % alignof(T) == 0);
	delete quiet;
	std::vector<T> grown;
	for (int i = 0; i < 20; i++)
		grown.emplace_back();
	CHECK(reinterpret_cast<std::uintptr_t>(grown.data()) % alignof(T) == 0);
}

int handled;

void handle()
{
	if (++handled == 3)
		std::set_new_handler(nullptr);
}

void check_failure()
{
	volatile std::size_t huge = PTRDIFF_MAX - 100;
	bool thrown = false;

	CHECK(::operator new(huge, std::nothrow) == nullptr);
	std::set_new_handler(handle);
	try {
		::operator delete(::operator new(huge));
	} catch (const std::bad_alloc &) {
		thrown = true;
	}
	CHECK(thrown && handled == 3);
	thrown = false;
	try {
		::operator delete(
			::operator new(huge, std::align_val_t(64)), std::align_val_t(64));
	} catch (const std::bad_alloc &) {
		thrown = true;
	}
	CHECK(thrown);
}

void work()
{
	std::map<std::string, std::vector<int>> table;

	for (int i = 0; i < 3000; i++)
		table["key " + std::to_string(i * 7919 % 3000)].assign(
			static_cast<std::size_t>(i % 50), i);
	for (int i = 0; i < 3000; i += 2)
		table.erase("key " + std::to_string(i));
	CHECK(table.size() == 1500);
}

} // namespace

int main()
{
	check_aligned<int>();
	check_aligned<wide>();
	check_aligned<pages>();
	check_failure();
	::operator delete(::operator new(100), std::size_t(100));
	::operator delete(::operator new(0));
	std::thread first(work), second(work);
	work();
	first.join();
	second.join();
	std::puts("every form of new");
	return 0;
}
