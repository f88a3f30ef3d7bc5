/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_SUMMARY_H
#define ANALYSIS_SUMMARY_H

#include "analysis/findings.h"
#include "base/text.h"

/*
 * A run for people, in 100 columns: what was measured on what, the staircase as tables,
 * what is missing and how sure it is.
 */
enum { SUMMARY_WIDTH = 100 };

/* Appends the whole summary. 0 or -ENOMEM. */
int summary_print(const struct findings *findings, struct text *text);

/* Its parts, in order. */
void summary_print_header(const struct findings *findings, struct text *text);
void summary_print_tables(const struct findings *findings, struct text *text);
void summary_print_notes(const struct findings *findings, struct text *text);

/* Appends words broken at SUMMARY_WIDTH, further lines indented by as many columns. The
 * current line goes on. */
void summary_wrap(struct text *text, size_t indent, const char *words);

/* A line of the header, "NAME  value" from a text that is built, and is empty afterwards;
 * nothing for an empty one. */
void summary_entry(struct text *text, const char *name, struct text *value);

/* Of the self-check: how many events it leaves out; a line of the header, nothing where
 * there was none; the list of what is left out and why. */
size_t summary_events_excluded(const struct environment *environment);
void summary_describe_check(const struct environment *environment, struct text *value);
void summary_print_events(const struct findings *findings, struct text *text);

#endif
