/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/check/verdict-cache.h"

#include "base/file.h"
#include "core/check/verdict-json.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A file of another shape than this one is another key's. */
enum { LAYOUT = 1 };

/* Groups of files that were changed since are of no use to anybody. */
enum { GROUPS_MOST = 64 };

static bool is_text(const json_t *object, const char *name, const char *wanted)
{
	const char *value = json_string_value(json_object_get(object, name));

	return value && strcmp(value, wanted) == 0;
}

static int take(struct verdict_cache *cache, json_t *root, const char *key)
{
	json_t *groups = json_object_get(root, "groups");

	if (json_integer_value(json_object_get(root, "layout")) != LAYOUT ||
		!is_text(root, "key", key))
		return VERDICT_CACHE_STALE;
	if (!json_is_array(groups))
		return -EINVAL;
	json_decref(cache->groups);
	cache->groups = json_incref(groups);
	cache->slots_advertised =
		(uint64_t)json_integer_value(json_object_get(root, "slots_advertised"));
	cache->slots_proved =
		(uint64_t)json_integer_value(json_object_get(root, "slots_proved"));
	return 0;
}

int verdict_cache_load(struct verdict_cache *cache, const char *path, const char *key)
{
	struct text text;
	json_t *root;
	int error;

	*cache = (struct verdict_cache){.groups = json_array()};
	if (!cache->groups)
		return -ENOMEM;
	text_init(&text);
	error = file_read_all(path, &text);
	if (!error) {
		root = json_loadb(text.bytes, text.length, 0, NULL);
		error = root ? take(cache, root, key) : -EINVAL;
		json_decref(root);
	}
	text_release(&text);
	return error;
}

void verdict_cache_release(struct verdict_cache *cache)
{
	json_decref(cache->groups);
	cache->groups = NULL;
}

void verdict_cache_clear(struct verdict_cache *cache)
{
	(void)json_array_clear(cache->groups);
}

static int make_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];

	if (!slash || slash == path)
		return 0;
	if (snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path) >=
		(int)sizeof(folder))
		return -ENAMETOOLONG;
	return file_make_folders(folder);
}

int verdict_cache_store(
	const struct verdict_cache *cache, const char *path, const char *key)
{
	json_t *root = json_pack("{s:i, s:s, s:I, s:I, s:O}", "layout", LAYOUT, "key",
		key, "slots_advertised", (json_int_t)cache->slots_advertised,
		"slots_proved", (json_int_t)cache->slots_proved, "groups", cache->groups);
	char *bytes = root ? json_dumps(root, JSON_INDENT(1)) : NULL;
	struct text text;
	int error = make_folder(path);

	text_init(&text);
	if (bytes)
		text_format(&text, "%s\n", bytes);
	if (!error)
		error = bytes ? text.error : -ENOMEM;
	if (!error)
		error = file_write_all(path, &text);
	text_release(&text);
	free(bytes);
	json_decref(root);
	return error;
}

size_t verdict_cache_find(const struct verdict_cache *cache, const struct group *group,
	struct event_verdict verdicts[GROUP_EVENTS], char checked[CLOCK_STAMP])
{
	size_t index;
	json_t *entry;

	json_array_foreach(cache->groups, index, entry)
	{
		const char *stamp = json_string_value(json_object_get(entry, "checked"));
		size_t count;

		if (!is_text(entry, "group", group->name) ||
			!is_text(entry, "text", group->text) || !stamp)
			continue;
		count = verdicts_from_json(
			json_object_get(entry, "events"), verdicts, GROUP_EVENTS);
		if (count != group->events_count)
			return 0;
		for (size_t e = 0; e < count; e++)
			if (strcmp(verdicts[e].counter, group->events[e].counter) != 0)
				return 0;
		(void)snprintf(checked, CLOCK_STAMP, "%s", stamp);
		return count;
	}
	return 0;
}

int verdict_cache_put(struct verdict_cache *cache, const struct group *group,
	const struct event_verdict *verdicts, const char *checked)
{
	json_t *entry;

	for (size_t i = json_array_size(cache->groups); i-- > 0;)
		if (is_text(json_array_get(cache->groups, i), "group", group->name))
			(void)json_array_remove(cache->groups, i);
	if (json_array_size(cache->groups) == GROUPS_MOST)
		(void)json_array_remove(cache->groups, 0);
	entry = json_pack("{s:s, s:s, s:s, s:o}", "group", group->name, "text",
		group->text, "checked", checked, "events",
		verdicts_to_json(verdicts, group->events_count));
	return entry && json_array_append_new(cache->groups, entry) == 0 ? 0 : -ENOMEM;
}
